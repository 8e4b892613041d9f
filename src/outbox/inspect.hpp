#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "outbox/outbox.hpp"

namespace lk::outbox {

/// What an outbox holds of one stream.
struct StreamContents {
    std::string name;
    /// Those with records that count.
    std::uint64_t pages = 0;
    /// Those that are neither settled nor discarded.
    std::uint64_t records = 0;
    /// What all pages take, whatever is in them.
    std::uint64_t bytes = 0;
    /// When the oldest of those pages was kept, in milliseconds of the system clock.
    std::optional<std::int64_t> oldest_ms;
};

/// Looks into a directory's outbox, for people, while nobody has it open: an Error tells which
/// process has, or that there is no outbox (and none is made). Streams that hold nothing are named
/// as well. To see the records, open() a stream, and load() what for_each_left() names.
[[nodiscard]] Expected<std::vector<StreamContents>, Error> contents(const Options& options);

}  // namespace lk::outbox
