#pragma once

#include <cstdint>

namespace lk::testing {

/// Lets one allocation of this thread fail: the n-th from now on, from 1. 0: none.
void fail_allocation(std::uint64_t number);
/// None from now on.
void stop_failing();

/// Whether it came to that since it was asked for.
[[nodiscard]] bool allocation_failed();

}  // namespace lk::testing
