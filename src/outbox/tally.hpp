#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "outbox/outbox.hpp"

namespace lk::outbox {

/// What all pages come to. Kept beside them: a page that is missing from their list is missed, and
/// no id is given twice.
struct Tally {
    PageId next_id = 1;
    std::uint64_t pages = 0;
    /// All their ids, folded into one number.
    std::uint64_t ids = 0;
    /// What they take of the file.
    std::uint64_t bytes = 0;

    void add(PageId id, std::uint64_t body_bytes) noexcept;
    void remove(PageId id, std::uint64_t body_bytes) noexcept;

    [[nodiscard]] static std::optional<Tally> read(std::string_view bytes);
    void write(std::string& bytes) const;

    friend bool operator==(const Tally&, const Tally&) = default;
};

/// What a page of this size takes of the file: whole pages of the file, once it is too large to
/// share one.
[[nodiscard]] std::uint64_t allocated_bytes(std::uint64_t body_bytes) noexcept;

}  // namespace lk::outbox
