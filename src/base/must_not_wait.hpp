#pragma once

#include <cstdint>

namespace lk {

/// While one lives, its thread does the library's own work (drives a loop, runs callbacks): a call
/// there that waits for the library would wait for itself. Made and destroyed on one thread, in
/// the manner of a lock guard.
class MustNotWait {
  public:
    MustNotWait() noexcept;
    ~MustNotWait();
    MustNotWait(const MustNotWait&) = delete;
    MustNotWait& operator=(const MustNotWait&) = delete;

    /// True when this thread is within one. In a child that was forked there it is not: what the
    /// child's thread goes on with is no work of the library's.
    [[nodiscard]] static bool here() noexcept;

  private:
    const std::uint32_t generation_;
};

}  // namespace lk
