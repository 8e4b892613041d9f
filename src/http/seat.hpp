#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/clock.hpp"

namespace lk::http {

/// Who drives a loop: its own thread, or a guest that waits for a result and finds nobody driving.
/// Whoever has the seat takes rounds; it sleeps in its poll while it has sockets to watch. With
/// none the seat is left, and the loop's own thread waits here.
///
/// No wake-up may be lost, and one costs a system call only when somebody sleeps:
///
///     awake --wake()--> woken --a round begins--> awake
///     awake --nothing to do--> polling | left --wake()--> woken, and the sleeper is woken
///
/// Whoever wants something stores it first and then exchanges the condition for `woken`; the driver
/// exchanges it for `awake` first and then looks for what is stored. So either the driver sees it
/// in this round, or the exchange came after, and then the driver finds `woken` where it wanted to
/// fall asleep and takes another round. If it is `polling` already, but not yet in the poll, the
/// wake-up waits in libcurl's pipe and ends that poll at once.
class Seat {
  public:
    /// Makes sure that a round will be taken. From any thread. True where the caller has to wake
    /// the driver in its poll.
    [[nodiscard]] bool wake() noexcept;

    // Of the driver.
    void begin_round() noexcept { condition_.exchange(awake); }
    /// True when the driver may sleep in its poll.
    [[nodiscard]] bool may_poll() noexcept;
    [[nodiscard]] bool taken_by_this_thread() const noexcept {
        return driver_.load(std::memory_order_relaxed) == std::this_thread::get_id();
    }

    // Of the loop's own thread, which has the seat from the beginning.
    void take_as_owner() noexcept { driver_ = std::this_thread::get_id(); }
    /// There is nothing to watch. Returns with the seat: when woken, at `until`, or when a guest
    /// has left something to do.
    void leave_and_wait(TimePoint until);

    // Of a guest.
    /// True when nobody had the seat. The loop's own thread may have been woken for what the guest
    /// waits for: one of them comes too late and lets the other drive.
    [[nodiscard]] bool take_as_guest();
    /// `nothing_to_watch`: the loop's own thread need not come before `until`.
    void leave_as_guest(bool nothing_to_watch, TimePoint until);

  private:
    enum Condition : int { awake, woken, polling, left };

    std::atomic<Condition> condition_{awake};
    std::atomic<std::thread::id> driver_{};

    std::mutex mutex_;
    std::condition_variable changed_;  // only the loop's own thread waits for it
    bool taken_ = true;
    TimePoint until_ = never;         // when the loop's own thread wants the seat at the latest
    TimePoint sleeps_until_ = never;  // when it will look
};

}  // namespace lk::http
