#pragma once

#include <cstdint>
#include <string>

#include "sqlite/database.hpp"

namespace lk::outbox {

/// A stream as the file knows it.
struct FileStream {
    std::int64_t number = 0;
    std::string name;
    std::uint64_t fingerprint_seed = 0;

    /// The checksum of its row.
    [[nodiscard]] std::int64_t checksum() const;
    /// From a row of number, name, seed and checksum. Throws DatabaseError unless they fit.
    [[nodiscard]] static FileStream read(const sqlite::Statement& row);
};

}  // namespace lk::outbox
