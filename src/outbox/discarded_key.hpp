#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "outbox/outbox.hpp"
#include "sqlite/database.hpp"

namespace lk::outbox {

/// A partition key of which everything up to a page was discarded (StreamOutbox::discard()), as it
/// stands in the file: the numbers of a row.
struct DiscardedKey {
    std::int64_t stream = 0;
    std::uint64_t fingerprint = 0;
    PageId last_page = 0;

    static constexpr std::size_t columns = 4;
    [[nodiscard]] std::int64_t checksum() const;
    /// Nothing when they do not fit to each other.
    [[nodiscard]] static std::optional<DiscardedKey> read(
        std::span<const std::int64_t, columns> row);
    [[nodiscard]] static std::optional<DiscardedKey> read(const sqlite::Statement& row);
};

}  // namespace lk::outbox
