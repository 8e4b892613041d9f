#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "base/fork.hpp"
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

    /// The same, and returns when no round holds the participant any more, so that the caller may
    /// be its last owner. Not from the loop's thread.
    void detach_and_wait(const Loop::Participant* participant) {
        detach(participant);
        std::unique_lock lock(mutex_);
        const std::uint64_t round = rounds_;
        round_over_.wait(lock, [&] { return !in_round_ || rounds_ != round; });
    }

    /// Calls each participant once; the earliest moment that one of them asked for. A detached
    /// one's last owner may be this call, so its destructor runs outside the lock.
    TimePoint turn(TimePoint now) {
        {
            const std::lock_guard lock(mutex_);
            round_ = attached_;
            in_round_ = true;
        }
        TimePoint next = never;
        for (const auto& participant : round_) {
            next = std::min(next, participant->turn(now));
            // It has forked, and this is the child: another thread may have held the lock.
            if (origin_.inherited()) return never;
        }
        round_.clear();
        {
            const std::lock_guard lock(mutex_);
            in_round_ = false;
            ++rounds_;
        }
        round_over_.notify_all();
        return next;
    }

  private:
    const Origin origin_;
    std::mutex mutex_;
    std::condition_variable round_over_;
    bool in_round_ = false;
    std::uint64_t rounds_ = 0;
    std::vector<std::shared_ptr<Loop::Participant>> attached_;
    std::vector<std::shared_ptr<Loop::Participant>> round_;
};

}  // namespace lk
