#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <unordered_set>
#include <vector>

namespace lk::pipeline {

/// Which lanes are paused, for dispatching threads: events for them fail at once. Thread-safe, and
/// nearly free while none is.
class PausedLanes {
  public:
    [[nodiscard]] bool contains(std::uint64_t lane) const {
        if (count_.load(std::memory_order_relaxed) == 0) return false;
        const std::lock_guard lock(mutex_);
        return lanes_.contains(lane);
    }

    void add(const std::vector<std::uint64_t>& lanes) {
        const std::lock_guard lock(mutex_);
        lanes_.insert(lanes.begin(), lanes.end());
        count_.store(lanes_.size(), std::memory_order_relaxed);
    }

    /// False when it was not paused.
    bool remove(std::uint64_t lane) {
        const std::lock_guard lock(mutex_);
        const bool was_paused = lanes_.erase(lane) != 0;
        count_.store(lanes_.size(), std::memory_order_relaxed);
        return was_paused;
    }

  private:
    mutable std::mutex mutex_;
    std::unordered_set<std::uint64_t> lanes_;
    std::atomic<std::size_t> count_{0};
};

}  // namespace lk::pipeline
