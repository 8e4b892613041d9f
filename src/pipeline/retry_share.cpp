#include "pipeline/retry_share.hpp"

#include <algorithm>

namespace lk::pipeline {

void RetryShare::move_to(TimePoint now) noexcept {
    const std::int64_t at = now.time_since_epoch() / tick;
    const std::int64_t passed = std::min<std::int64_t>(at - newest_, ticks);
    for (std::int64_t i = 0; i < passed; ++i) {
        Count& oldest = counts_[static_cast<std::size_t>(at - i) % ticks];
        retries_ -= oldest.with_retries;
        oldest = {};
    }
    newest_ = std::max(newest_, at);
}

bool RetryShare::allows(TimePoint now) noexcept {
    move_to(now);
    if (retries_ < allowed_at_once) return true;
    if (retries_ < always_allowed && now - last_retry_ >= std::chrono::seconds(1)) return true;
    std::uint32_t retries = 1;
    std::uint32_t requests = 1;
    for (std::size_t back = 0; back < ticks; ++back) {
        const Count& count = counts_[(static_cast<std::size_t>(newest_) + ticks - back) % ticks];
        // Of the tick in which a span begins the retries may all be within it, the others not.
        retries += count.with_retries;
        if (retries > allowed_at_once && retries * one_of > requests) return false;
        requests += count.requests;
    }
    return true;
}

void RetryShare::sent(bool has_retries, TimePoint now) noexcept {
    move_to(now);
    Count& count = counts_[static_cast<std::size_t>(newest_) % ticks];
    ++count.requests;
    if (!has_retries) return;
    ++count.with_retries;
    ++retries_;
    last_retry_ = now;
}

TimePoint RetryShare::allows_at(TimePoint now) noexcept {
    return allows(now) ? now : TimePoint((newest_ + 1) * tick);
}

}  // namespace lk::pipeline
