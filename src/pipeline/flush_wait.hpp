#pragma once

#include <condition_variable>
#include <mutex>

#include <lk/dispatch.hpp>

#include "base/clock.hpp"

namespace lk::pipeline {

/// A flush() or close() that waits for the driver.
class FlushWait {
  public:
    void finish(const FlushCounts& counts) {
        {
            const std::lock_guard lock(mutex_);
            counts_ = counts;
            finished_ = true;
        }
        changed_.notify_all();
    }

    FlushCounts wait() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return finished_; });
        return counts_;
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    FlushCounts counts_;
    bool finished_ = false;
};

}  // namespace lk::pipeline
