#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_set>
#include <utility>
#include <vector>

#include "pipeline/budget.hpp"

namespace lk::pipeline {

/// Which lanes are paused, for dispatching threads: events for them fail at once. Thread-safe, and
/// nearly free while none is. Each takes from the budget: nothing but resume() and discard() ends
/// one, so there may come to be any number of them.
class PausedLanes {
  public:
    explicit PausedLanes(std::shared_ptr<Budget> budget) noexcept : budget_(std::move(budget)) {}

    [[nodiscard]] bool contains(std::uint64_t lane) const {
        if (count_.load(std::memory_order_relaxed) == 0) return false;
        const std::lock_guard lock(mutex_);
        return lanes_.contains(lane);
    }

    void add(const std::vector<std::uint64_t>& lanes) {
        const std::lock_guard lock(mutex_);
        lanes_.insert(lanes.begin(), lanes.end());
        count();
    }

    /// False when it was not paused.
    bool remove(std::uint64_t lane) {
        const std::lock_guard lock(mutex_);
        const bool was_paused = lanes_.erase(lane) != 0;
        count();
        return was_paused;
    }

  private:
    void count() {
        count_.store(lanes_.size(), std::memory_order_relaxed);
        budget_->keys_are_paused(lanes_.size());
    }

    const std::shared_ptr<Budget> budget_;
    mutable std::mutex mutex_;
    std::unordered_set<std::uint64_t> lanes_;
    std::atomic<std::size_t> count_{0};
};

}  // namespace lk::pipeline
