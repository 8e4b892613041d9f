#pragma once

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
        if (budget_->paused_keys() == 0) return false;
        const std::lock_guard lock(mutex_);
        return lanes_.contains(lane);
    }

    /// They are counted first, and uncounted last: the budget never counts too few.
    void add(const std::vector<std::uint64_t>& lanes) {
        budget_->keys_paused(lanes.size());
        std::size_t known = lanes.size();
        {
            const std::lock_guard lock(mutex_);
            const std::size_t before = lanes_.size();
            lanes_.insert(lanes.begin(), lanes.end());
            known -= lanes_.size() - before;
        }
        budget_->keys_resumed(known);
    }

    /// False when it was not paused.
    bool remove(std::uint64_t lane) {
        std::size_t removed = 0;
        {
            const std::lock_guard lock(mutex_);
            removed = lanes_.erase(lane);
        }
        budget_->keys_resumed(removed);
        return removed != 0;
    }

  private:
    const std::shared_ptr<Budget> budget_;
    mutable std::mutex mutex_;
    std::unordered_set<std::uint64_t> lanes_;
};

}  // namespace lk::pipeline
