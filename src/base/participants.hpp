#pragma once

#include <algorithm>
#include <memory>
#include <mutex>
#include <vector>

#include "base/loop.hpp"

namespace lk {

/// Who takes part in a loop: attached and detached from any thread, called on the loop's.
class Participants {
  public:
    void attach(std::shared_ptr<Loop::Participant> participant) {
        const std::lock_guard lock(mutex_);
        attached_.push_back(std::move(participant));
    }

    void detach(const Loop::Participant* participant) {
        const std::lock_guard lock(mutex_);
        std::erase_if(attached_, [&](const auto& one) { return one.get() == participant; });
    }

    /// Calls each participant once; the earliest moment that one of them asked for. A detached
    /// one's last owner may be this call, so its destructor runs outside the lock.
    TimePoint turn(TimePoint now) {
        {
            const std::lock_guard lock(mutex_);
            round_ = attached_;
        }
        TimePoint next = never;
        for (const auto& participant : round_) next = std::min(next, participant->turn(now));
        round_.clear();
        return next;
    }

  private:
    std::mutex mutex_;
    std::vector<std::shared_ptr<Loop::Participant>> attached_;
    std::vector<std::shared_ptr<Loop::Participant>> round_;
};

}  // namespace lk
