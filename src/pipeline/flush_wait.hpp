#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>

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

    /// Nothing when the driver has not finished by then: a client holds its thread up.
    std::optional<FlushCounts> wait_until(TimePoint latest) {
        std::unique_lock lock(mutex_);
        const auto finished = [this] { return finished_; };
        if (latest == never) {
            changed_.wait(lock, finished);
        } else if (!changed_.wait_until(lock, latest, finished)) {
            return std::nullopt;
        }
        return counts_;
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    FlushCounts counts_;
    bool finished_ = false;
};

}  // namespace lk::pipeline
