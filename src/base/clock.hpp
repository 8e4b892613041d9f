#pragma once

#include <chrono>
#include <cstdint>

namespace lk {

/// For intervals and deadlines; never moves backwards.
using TimePoint = std::chrono::steady_clock::time_point;
using Duration = std::chrono::steady_clock::duration;

inline constexpr TimePoint never = TimePoint::max();

/// The system's clock, in milliseconds since 1970.
inline std::int64_t system_now_ms() {
    using namespace std::chrono;
    return floor<milliseconds>(system_clock::now()).time_since_epoch().count();
}

}  // namespace lk
