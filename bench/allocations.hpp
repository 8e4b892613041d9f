#pragma once

#include <cstdint>

namespace lk::bench {

/// How many times this process has called operator new.
[[nodiscard]] std::uint64_t allocations() noexcept;

}  // namespace lk::bench
