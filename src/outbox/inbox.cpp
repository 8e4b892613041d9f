#include "outbox/inbox.hpp"

#include <algorithm>
#include <utility>

namespace lk::outbox {

// The thread is woken once for all that waits.
template <class Add>
void Inbox::add(Add add, bool urgent) {
    bool wake = false;
    {
        const std::lock_guard lock(mutex_);
        add();
        wake = urgent && !urgent_;
        urgent_ = urgent_ || urgent;
    }
    if (wake) changed_.notify_one();
}

void Inbox::keep(Asked::Keep keep) {
    add([&] { asked_.keeps.push_back(std::move(keep)); }, true);
}

void Inbox::settle(Asked::Settle settle) {
    bool wake = false;
    {
        const std::lock_guard lock(mutex_);
        asked_.settles.push_back(std::move(settle));
        wake = settles_due_ == never;
        if (wake) settles_due_ = std::chrono::steady_clock::now() + settle_delay;
    }
    // It sleeps without a time where nothing is due.
    if (wake) changed_.notify_one();
}

void Inbox::load(Asked::Load load) {
    add([&] { asked_.loads.push_back(std::move(load)); }, true);
}

void Inbox::discard(Asked::Discard discard) {
    add([&] { asked_.discards.push_back(std::move(discard)); }, true);
}

void Inbox::ask(std::function<void(Keeper&)> question) {
    add([&] { asked_.questions.push_back(std::move(question)); }, true);
}

void Inbox::flush(std::function<void()> done) {
    add([&] { asked_.flushes.push_back(std::move(done)); }, true);
}

void Inbox::end() {
    add([&] { asked_.last = true; }, true);
}

bool Inbox::has_urgent() {
    const std::lock_guard lock(mutex_);
    return urgent_;
}

Asked Inbox::take(TimePoint until) {
    std::unique_lock lock(mutex_);
    while (!urgent_) {
        const TimePoint due = std::min(until, settles_due_);
        if (due == never) {
            changed_.wait(lock);
        } else if (std::chrono::steady_clock::now() >= due ||
                   changed_.wait_until(lock, due) == std::cv_status::timeout) {
            break;
        }
    }
    urgent_ = false;
    settles_due_ = never;
    return std::exchange(asked_, {});
}

}  // namespace lk::outbox
