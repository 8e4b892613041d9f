#pragma once

#include <cstdint>

namespace lk::bench {

/// How many times this process has called operator new.
[[nodiscard]] std::uint64_t allocations() noexcept;
/// How many times the calling thread has.
[[nodiscard]] std::uint64_t allocations_of_this_thread() noexcept;

}  // namespace lk::bench
