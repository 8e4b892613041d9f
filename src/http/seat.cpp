#include "http/seat.hpp"

namespace lk::http {

bool Seat::wake() noexcept {
    const Condition before = condition_.exchange(woken);
    if (before == left) {
        // It may have looked at the condition and not wait yet.
        { const std::lock_guard lock(mutex_); }
        changed_.notify_one();
    }
    return before == polling;
}

bool Seat::may_poll() noexcept {
    Condition expected = awake;
    return condition_.compare_exchange_strong(expected, polling);
}

void Seat::leave_and_wait(TimePoint until) {
    Condition expected = awake;
    if (!condition_.compare_exchange_strong(expected, left)) return;
    std::unique_lock lock(mutex_);
    taken_ = false;
    driver_.store({}, std::memory_order_relaxed);
    until_ = until;
    while (true) {
        const bool late = until_ != never && std::chrono::steady_clock::now() >= until_;
        if (!taken_ && (late || condition_.load() != left)) break;
        // While a guest drives, it looks after what is due.
        sleeps_until_ = late ? never : until_;
        if (sleeps_until_ == never) {
            changed_.wait(lock);
        } else {
            changed_.wait_until(lock, sleeps_until_);
        }
    }
    taken_ = true;
    driver_.store(std::this_thread::get_id(), std::memory_order_relaxed);
}

bool Seat::take_as_guest() {
    const std::lock_guard lock(mutex_);
    if (taken_) return false;
    taken_ = true;
    driver_.store(std::this_thread::get_id(), std::memory_order_relaxed);
    return true;
}

void Seat::leave_as_guest(bool nothing_to_watch, TimePoint until) {
    Condition expected = awake;
    bool owner_must_look = !nothing_to_watch || !condition_.compare_exchange_strong(expected, left);
    {
        const std::lock_guard lock(mutex_);
        taken_ = false;
        driver_.store({}, std::memory_order_relaxed);
        until_ = until;
        owner_must_look |= until < sleeps_until_;
    }
    if (owner_must_look) changed_.notify_one();
}

}  // namespace lk::http
