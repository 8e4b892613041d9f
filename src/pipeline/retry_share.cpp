#include "pipeline/retry_share.hpp"

#include <algorithm>

namespace lk::pipeline {
namespace {

std::int64_t second_of(TimePoint when) noexcept {
    return std::chrono::floor<std::chrono::seconds>(when.time_since_epoch()).count();
}

}  // namespace

void RetryShare::move_to(TimePoint now) noexcept {
    const std::int64_t second = second_of(now);
    const std::int64_t passed = std::min<std::int64_t>(second - newest_, window_seconds);
    for (std::int64_t i = 0; i < passed; ++i) {
        Second& oldest = seconds_[static_cast<std::size_t>(newest_ + 1 + i) % window_seconds];
        sum_.requests -= oldest.requests;
        sum_.with_retries -= oldest.with_retries;
        oldest = {};
    }
    newest_ = std::max(newest_, second);
}

bool RetryShare::allows(TimePoint now) noexcept {
    move_to(now);
    return sum_.with_retries < always_allowed || (sum_.with_retries + 1) * 5 < sum_.requests + 1;
}

void RetryShare::sent(bool has_retries, TimePoint now) noexcept {
    move_to(now);
    Second& second = seconds_[static_cast<std::size_t>(newest_) % window_seconds];
    ++second.requests;
    ++sum_.requests;
    if (!has_retries) return;
    ++second.with_retries;
    ++sum_.with_retries;
}

TimePoint RetryShare::allows_at(TimePoint now) noexcept {
    if (allows(now)) return now;
    std::uint32_t left = sum_.with_retries;
    for (std::size_t i = 1; i <= window_seconds; ++i) {
        const std::int64_t leaving = newest_ - static_cast<std::int64_t>(window_seconds - i);
        left -= seconds_[static_cast<std::size_t>(leaving) % window_seconds].with_retries;
        if (left < always_allowed) {
            return TimePoint(std::chrono::seconds(leaving + std::int64_t{window_seconds}));
        }
    }
    return now + std::chrono::seconds(window_seconds);
}

}  // namespace lk::pipeline
