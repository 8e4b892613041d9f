#pragma once

#include <algorithm>
#include <cstdint>

#include "base/clock.hpp"

namespace lk::pipeline {

/// How long to wait before something is tried again: exponential back-off with full jitter
/// (a uniform draw from nothing to the bound), so that many who failed together do not come back
/// together. Deterministic for a seed.
class RetryPace {
  public:
    explicit RetryPace(std::uint64_t seed) noexcept : state_(seed) {}

    static constexpr Duration base = std::chrono::milliseconds(100);
    static constexpr Duration longest = std::chrono::seconds(10);
    /// Until a stream that is not ready yet is looked at again.
    static constexpr Duration not_ready = std::chrono::seconds(1);

    /// `failures`: how many times it has failed, 1 and up.
    Duration pause(int failures) noexcept {
        const int doublings = std::clamp(failures - 1, 0, 16);
        const Duration bound = std::min(longest, base * (1 << doublings));
        return Duration(
            static_cast<Duration::rep>(draw() % (static_cast<std::uint64_t>(bound.count()) + 1)));
    }

    /// The whole stream failed a request.
    Duration stream_failed() noexcept { return pause(++stream_failures_); }
    void stream_answered() noexcept { stream_failures_ = 0; }
    [[nodiscard]] bool stream_failing() const noexcept { return stream_failures_ > 0; }

  private:
    // SplitMix64 (Steele, Lea, Flood 2014): one multiplication chain a draw, any seed is good.
    std::uint64_t draw() noexcept {
        std::uint64_t mixed = (state_ += 0x9E3779B97F4A7C15);
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }

    std::uint64_t state_;
    int stream_failures_ = 0;
};

}  // namespace lk::pipeline
