#pragma once

#include <cstddef>
#include <cstdint>

namespace lk::bench {

/// User and system time of this whole process so far.
[[nodiscard]] double cpu_seconds();

/// Memory that this process has in RAM: all of it, and the part that belongs to no file.
struct Resident {
    std::size_t bytes = 0;
    std::size_t anonymous_bytes = 0;
};
[[nodiscard]] Resident resident();

/// How often this process's threads have gone to sleep, but for the calling one: a thread that was
/// woken and found something to do, or nothing, has gone to sleep again.
[[nodiscard]] std::uint64_t sleeps_of_other_threads();

}  // namespace lk::bench
