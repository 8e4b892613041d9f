#include "pipeline/shard_rate.hpp"

#include <cmath>

namespace lk::pipeline {

void ShardRate::fill(TimePoint now) noexcept {
    if (now <= filled_at_) return;
    tokens_ = std::min(tokens_ + rate_ * seconds(now - filled_at_), rate_ * seconds(burst));
    filled_at_ = now;
}

bool ShardRate::due(double waiting, TimePoint now) noexcept {
    // Only who makes use of the rate finds out whether more would be taken.
    const Duration since = std::min<Duration>(now - wanted_at_, std::chrono::seconds(1));
    const double growth = 1 + seconds(now - throttled_at_) / seconds(increase_grows_each);
    if (now - wanted_at_ < std::chrono::seconds(2)) {
        rate_ = std::min(highest_, rate_ + increase_a_second * growth * seconds(since));
    }
    wanted_at_ = now;
    fill(now);
    return now >= due_at(waiting);
}

TimePoint ShardRate::due_at(double waiting) const noexcept {
    const double wanted = std::min(waiting, rate_ * seconds(at_a_time));
    if (tokens_ >= wanted) return filled_at_;
    const double wait = (wanted - tokens_) / rate_;
    // Looked at each second at least: the rate may have grown.
    return filled_at_ +
           std::chrono::ceil<Duration>(std::chrono::duration<double>(std::min(wait, 1.0)));
}

void ShardRate::throttled(double share, double refused_cost, TimePoint request_started,
                          TimePoint now) noexcept {
    if (request_started < throttled_at_) return;
    rate_ = within(rate_ * std::max(deepest_decrease, 1 - share), highest_);
    // What was refused took nothing; a large record that was stored is still to be paid for.
    tokens_ = std::min(tokens_ + refused_cost, 0.0);
    throttled_at_ = now;
}

}  // namespace lk::pipeline
