#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

namespace lk {

namespace detail {
extern std::atomic<std::uint32_t> forks;
}

/// Counts the forks between this process and the one that loaded the library. From any thread.
/// Not counted: vfork(), and clone() called past the C library, after which little but exec works.
inline std::uint32_t fork_generation() noexcept {
    return detail::forks.load(std::memory_order_relaxed);
}

/// The process in which something was made. In a forked child what was inherited must be let
/// alone: its threads are not there, its locks may be held by them for good, and its sockets and
/// files are the parent's.
class Origin {
  public:
    Origin() noexcept : generation_(fork_generation()) {}
    [[nodiscard]] bool inherited() const noexcept { return generation_ != fork_generation(); }

  private:
    std::uint32_t generation_;
};

/// Takes an inherited object out of reach of its destructor, for the rest of the process. From any
/// thread. The few kilobytes are the price: they were copied by fork() and are never looked at.
void keep_for_good(std::shared_ptr<const void> inherited) noexcept;

}  // namespace lk
