#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace lk {

/// Random bytes fit for ids, made a few kilobytes at a time (a draw of its own for each id would
/// cost more than all else about it), so many that a thread which dispatches makes new ones in less
/// than one call of a hundred. Used by one thread at a time.
///
/// No two processes draw the same: what is in store is thrown away after a fork, and when the
/// system's clock shows that it is older than a second, or went back, as it does when a snapshot
/// of the machine is restored. The next store comes of a fresh seed from the kernel, which mixes in
/// the snapshot's generation (Linux 5.18, drivers/virt/vmgenid.c); a generator of the process's
/// own would go on from the state in the snapshot.
class RandomBytes {
  public:
    /// The system's clock in milliseconds since the epoch; may be a tick behind.
    using Clock = std::int64_t (*)() noexcept;
    static std::int64_t coarse_clock() noexcept;

    explicit RandomBytes(Clock clock = &coarse_clock) noexcept : clock_(clock) {}

    void fill(std::span<std::uint8_t> out);

    /// Any number.
    std::uint64_t number();
    /// A number in [0, bound).
    std::uint64_t below(std::uint64_t bound);

  private:
    [[nodiscard]] bool stale() const noexcept;
    void refill();

    Clock clock_;
    // On the heap, with the first draw: there is one for each thread that dispatches, and what is
    // kept for a thread is taken from its stack.
    std::vector<std::uint8_t> store_;
    std::size_t used_ = 0;
    std::uint32_t process_generation_ = 0;
    std::int64_t filled_at_ms_ = 0;
};

}  // namespace lk
