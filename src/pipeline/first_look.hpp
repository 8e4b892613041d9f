#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

#include <lk/kinesis_client.hpp>

#include "base/clock.hpp"

namespace lk::pipeline {

/// The first answer to the question what a stream is like, which get_dispatch() waits for.
/// Thread-safe.
class FirstLook {
  public:
    using Facts = Expected<StreamSummary, Failure>;

    /// Those after the first change nothing.
    void came(const Facts& facts) {
        {
            const std::lock_guard lock(mutex_);
            if (facts_) return;
            facts_ = facts;
        }
        changed_.notify_all();
    }

    /// Nothing when none came by then.
    std::optional<Facts> wait_until(TimePoint latest) {
        std::unique_lock lock(mutex_);
        changed_.wait_until(lock, latest, [this] { return facts_.has_value(); });
        return facts_;
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<Facts> facts_;
};

}  // namespace lk::pipeline
