#pragma once

#include <cstdint>

namespace lk::testing {

/// Lets one allocation of this thread fail: the n-th from now on, from 1. 0: none.
void fail_allocation(std::uint64_t number);
/// None from now on.
void stop_failing();

/// Lets allocations of whichever thread has this name (at most 15 characters) fail: `count` of
/// them, from the `first`-th from now on, from 1.
void fail_allocations_of(const char* thread, std::uint64_t first, std::uint64_t count);
/// None of it from now on; returns how many did fail.
std::uint64_t stop_failing_others();

/// Whether it came to that since it was asked for.
[[nodiscard]] bool allocation_failed();

}  // namespace lk::testing
