#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace lk::soak {

/// What glibc must be told before it begins, in GLIBC_TUNABLES. By itself it lets each thread keep
/// freed memory for reuse, which looks like a slow leak, and keeps some of each thread's arena
/// resident, which comes and goes by megabytes.
inline constexpr const char* tunables = "glibc.malloc.tcache_count=0:glibc.malloc.arena_max=1";

/// What this process takes.
struct Memory {
    /// Bytes that malloc() has given out and not got back; 0 where malloc() is not glibc's.
    std::size_t allocated = 0;
    std::size_t resident = 0;  ///< Bytes in RAM, when malloc() has given back what is free.

    static Memory now();
    /// Once it stays the same for a moment: threads and connections end a little later than who
    /// used them.
    static Memory once_quiet();
};

/// Memory at moments that are alike, one after another, and whether it stays what it was.
class MemoryWatch {
  public:
    void saw(Memory memory) { seen_.push_back(memory); }
    [[nodiscard]] const std::vector<Memory>& seen() const noexcept { return seen_; }

    /// How, if it grew: the least of the last quarter against the least of the second; in the first
    /// much is made for the first time. The least, as what comes and goes only adds to it, and what
    /// leaks is in each. Nothing, if there are less than four moments, or malloc() is not glibc's.
    [[nodiscard]] std::optional<std::string> growth() const;

  private:
    std::vector<Memory> seen_;
};

}  // namespace lk::soak
