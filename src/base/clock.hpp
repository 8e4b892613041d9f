#pragma once

#include <chrono>

namespace lk {

/// For intervals and deadlines; never moves backwards.
using TimePoint = std::chrono::steady_clock::time_point;
using Duration = std::chrono::steady_clock::duration;

inline constexpr TimePoint never = TimePoint::max();

}  // namespace lk
