#pragma once

#include <cstddef>

namespace lk::testing {

/// Whether the process's malloc counts. Not under a sanitizer, which has one of its own.
[[nodiscard]] bool counts_malloc() noexcept;

/// What is allocated from now on counts.
void begin_counting() noexcept;
/// The most that was allocated at once since then, beyond what was there before; as malloc rounds
/// it.
[[nodiscard]] std::size_t most_allocated() noexcept;
/// What is allocated now, beyond what was there before.
[[nodiscard]] std::size_t still_allocated() noexcept;
/// All that was allocated since then, given back or not.
[[nodiscard]] std::size_t allocated_so_far() noexcept;

}  // namespace lk::testing
