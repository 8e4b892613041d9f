#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace lk {

/// Random bytes fit for ids, drawn from the system's generator a few kilobytes at a time (a draw
/// of its own for each id would cost more than all else about it). Used by one thread at a time.
/// After a fork the child draws afresh: what the parent had in store is never used twice.
class RandomBytes {
  public:
    void fill(std::span<std::uint8_t> out);

    /// A number in [0, bound).
    std::uint64_t below(std::uint64_t bound);

  private:
    void refill();

    std::array<std::uint8_t, 4096> store_{};
    std::size_t used_ = sizeof store_;
    std::uint32_t process_generation_ = 0;
};

}  // namespace lk
