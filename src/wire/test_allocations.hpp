#pragma once

#include <cstddef>

namespace lk::wire {

/// The largest piece of memory that this thread asked operator new for since it last forgot.
[[nodiscard]] std::size_t largest_allocation() noexcept;
void forget_allocations() noexcept;

}  // namespace lk::wire
