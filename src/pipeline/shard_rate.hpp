#pragma once

#include <algorithm>
#include <cstddef>

#include "base/clock.hpp"

namespace lk::pipeline {

/// How fast to send to a shard that has throttled, learned by additive increase and multiplicative
/// decrease, so that producers who know nothing of each other come to equal shares of what it takes
/// (Chiu and Jain, 1989). The decrease is as deep as the share of records that was throttled, as in
/// DCTCP (RFC 8257): a single record that always fails slows nobody down. Counted in shards: 1 is
/// what Kinesis gives a shard by default, 1,000 records and 1 MiB a second; a record costs the
/// larger of its two parts.
class ShardRate {
  public:
    ShardRate(double rate, double highest, TimePoint now) noexcept
        : rate_(within(rate, highest)),
          highest_(highest),
          filled_at_(now),
          throttled_at_(now),
          wanted_at_(now) {}

    [[nodiscard]] static double cost_of(std::size_t bytes) noexcept {
        return std::max(1.0 / 1000, static_cast<double>(bytes) / (1024.0 * 1024.0));
    }

    /// Records wait; `waiting` is what they cost. True when some of them may go: as many as it
    /// takes until allows() is false. They go a while's worth at a time, not one by one.
    bool due(double waiting, TimePoint now) noexcept;
    [[nodiscard]] TimePoint due_at(double waiting) const noexcept;

    [[nodiscard]] bool allows() const noexcept { return tokens_ > 0; }
    void sent(double cost) noexcept { tokens_ -= cost; }
    /// An answer showed that this had gone to it, too.
    void received(double cost, TimePoint now) noexcept {
        fill(now);
        tokens_ -= cost;
    }

    /// An answer showed this share of its records to the shard throttled (0 to 1); what these would
    /// have cost. Requests that were under way together tell of one moment, so only the first of
    /// them counts.
    void throttled(double share, double refused_cost, TimePoint request_started,
                   TimePoint now) noexcept;

    [[nodiscard]] double rate() const noexcept { return rate_; }
    /// Nobody was throttled, nor had to wait, for so long that the limit has become pointless, and
    /// a new one would allow no more. A large record may take minutes to be paid for.
    [[nodiscard]] bool idle(TimePoint now) const noexcept {
        return now - wanted_at_ > forgotten_after && now - throttled_at_ > forgotten_after &&
               tokens_ + rate_ * seconds(now - filled_at_) >= rate_ * seconds(burst);
    }

    static constexpr double lowest = 0.002;
    static constexpr double unlimited = 1e9;

  private:
    void fill(TimePoint now) noexcept;
    // A cap below the floor is a cap all the same.
    static constexpr double within(double rate, double highest) noexcept {
        return std::min(std::max(rate, lowest), highest);
    }

    static constexpr double seconds(Duration duration) noexcept {
        return std::chrono::duration<double>(duration).count();
    }
    static constexpr double increase_a_second = 0.015;
    // The longer nothing was throttled the faster: a limit that was raised is soon made use of.
    static constexpr Duration increase_grows_each = std::chrono::seconds(5);
    static constexpr double deepest_decrease = 0.3;
    static constexpr Duration at_a_time = std::chrono::milliseconds(50);
    // Retries, where there is nothing but them, go once a second.
    static constexpr Duration burst = std::chrono::seconds(1);
    static constexpr Duration forgotten_after = std::chrono::seconds(60);

    double rate_;
    double highest_;
    double tokens_ = 0;
    TimePoint filled_at_;
    TimePoint throttled_at_;
    TimePoint wanted_at_;  // when records last had to wait for it
};

}  // namespace lk::pipeline
