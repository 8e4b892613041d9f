#pragma once

#include <cstdint>

#include <lk/error.hpp>

#include "base/clock.hpp"
#include "pipeline/request.hpp"

namespace lk::pipeline {

/// Tells the log hook of events that failed after their results were dropped, so that nothing is
/// lost in silence: at most a line a second, with the count.
class UnheardFailures {
  public:
    explicit UnheardFailures(std::shared_ptr<Inbox> inbox) noexcept : inbox_(std::move(inbox)) {}

    void add(const Error& error) {
        ++count_;
        last_ = error;
    }

    void tell(TimePoint now) {
        if (now >= next_) tell_all(now);
    }

    /// The same without regard to the pace: at the end, when there is no later.
    void tell_all(TimePoint now) {
        if (count_ == 0) return;
        inbox_->log(log_error, std::to_string(count_) +
                                   " events failed whose results nobody kept; the last: " +
                                   std::string(name_of(last_.code)) + ": " + last_.message);
        count_ = 0;
        next_ = now + std::chrono::seconds(1);
    }

    [[nodiscard]] TimePoint next_moment() const noexcept { return count_ == 0 ? never : next_; }

  private:
    const std::shared_ptr<Inbox> inbox_;
    std::uint64_t count_ = 0;
    Error last_;
    TimePoint next_{};
};

}  // namespace lk::pipeline
