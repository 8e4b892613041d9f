#include "base/thread_loop.hpp"

#include "base/must_not_wait.hpp"
#include "base/threads.hpp"

namespace lk {

ThreadLoop::ThreadLoop(const char* name) : state_(std::make_shared<State>()) {
    thread_ = start_thread(name, [state = state_] {
        state->run();
        if (state->origin.inherited()) keep_for_good(state);
    });
}

ThreadLoop::~ThreadLoop() {
    if (inherited()) {
        keep_for_good(std::move(state_));
        // Not detached: its id may be that of a thread of this process by now.
        keep_for_good(std::make_shared<std::thread>(std::move(thread_)));
        return;
    }
    {
        const std::lock_guard lock(state_->mutex);
        state_->stopping = true;
    }
    state_->changed.notify_one();
    if (on_loop_thread()) {
        thread_.detach();
    } else {
        thread_.join();
    }
}

void ThreadLoop::attach(std::shared_ptr<Participant> participant) {
    if (inherited()) return;
    state_->participants.attach(std::move(participant));
    wake();
}

void ThreadLoop::detach(const Participant* participant) {
    if (inherited()) return;
    state_->participants.detach(participant);
}

void ThreadLoop::detach_and_wait(const Participant* participant) {
    if (inherited()) return;
    state_->participants.detach_and_wait(participant);
}

void ThreadLoop::wake() noexcept {
    if (inherited()) return;
    {
        const std::lock_guard lock(state_->mutex);
        if (state_->woken) return;
        state_->woken = true;
    }
    state_->changed.notify_one();
}

bool ThreadLoop::on_loop_thread() const noexcept {
    return !inherited() && thread_.get_id() == std::this_thread::get_id();
}

void ThreadLoop::State::run() {
    const MustNotWait mark;
    std::unique_lock lock(mutex);
    while (!stopping) {
        woken = false;
        lock.unlock();
        const TimePoint next = participants.turn(std::chrono::steady_clock::now());
        // A participant has forked, and this is the child's only thread.
        if (origin.inherited()) return;
        lock.lock();
        const auto due = [this] { return woken || stopping; };
        if (next == never) {
            changed.wait(lock, due);
        } else {
            changed.wait_until(lock, next, due);
        }
    }
}

}  // namespace lk
