#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "base/clock.hpp"

namespace lk::sim {

/// Simulated time: what is to happen when. What is due at the same moment happens in the order in
/// which it was planned.
class Timeline {
  public:
    /// Shortly after the machine was switched on, where most clocks begin.
    static constexpr TimePoint start = TimePoint{} + std::chrono::seconds(5);

    [[nodiscard]] TimePoint now() const noexcept { return now_; }

    void at(TimePoint when, std::function<void()> what) {
        coming_.push_back({std::max(when, now_), ++planned_, std::move(what)});
        std::push_heap(coming_.begin(), coming_.end(), later);
    }
    void after(Duration pause, std::function<void()> what) { at(now_ + pause, std::move(what)); }

    /// Lets the next thing happen; false when nothing is to come, or nothing up to `end`.
    bool step(TimePoint end) {
        if (coming_.empty() || coming_.front().when > end) return false;
        std::pop_heap(coming_.begin(), coming_.end(), later);
        const std::function<void()> what = std::move(coming_.back().what);
        now_ = coming_.back().when;
        coming_.pop_back();
        what();
        return true;
    }

  private:
    struct Coming {
        TimePoint when;
        std::uint64_t order;
        std::function<void()> what;
    };
    static bool later(const Coming& a, const Coming& b) noexcept {
        return a.when != b.when ? a.when > b.when : a.order > b.order;
    }

    TimePoint now_ = start;
    std::uint64_t planned_ = 0;
    std::vector<Coming> coming_;  // a heap
};

}  // namespace lk::sim
