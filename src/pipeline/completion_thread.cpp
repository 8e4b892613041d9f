#include "pipeline/completion_thread.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#include "base/must_not_wait.hpp"
#include "base/per_process.hpp"
#include "base/threads.hpp"

namespace lk::pipeline {
struct CompletionThread::State {
    struct Timed {
        TimePoint when;
        std::function<void()> task;
    };

    void run();
    // With the lock held: what is due now joins the tasks; when to look again.
    TimePoint take_due();

    const Origin origin;
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<std::function<void()>> tasks;
    std::vector<Timed> timed;
    bool stopping = false;
};

std::shared_ptr<CompletionThread> CompletionThread::shared() {
    constinit static SharedPerProcess<CompletionThread> thread;
    return thread.get([] { return std::make_shared<CompletionThread>(); });
}

CompletionThread::CompletionThread() : state_(std::make_shared<State>()) {
    // Never joined: its last owner may be a callback on it, or a thread that must not wait for one.
    start_thread("lk-completion", [state = state_] {
        state->run();
        if (state->origin.inherited()) keep_for_good(state);
    }).detach();
}

CompletionThread::~CompletionThread() {
    if (origin_.inherited()) {
        keep_for_good(std::move(state_));
        return;
    }
    {
        const std::lock_guard lock(state_->mutex);
        state_->stopping = true;
    }
    state_->changed.notify_one();
}

void CompletionThread::post(std::function<void()> task, TimePoint when) {
    {
        const std::lock_guard lock(state_->mutex);
        if (when == TimePoint::min()) {
            state_->tasks.push_back(std::move(task));
        } else {
            state_->timed.push_back({when, std::move(task)});
        }
    }
    state_->changed.notify_one();
}

TimePoint CompletionThread::State::take_due() {
    TimePoint next = never;
    if (timed.empty()) return next;
    const TimePoint now = std::chrono::steady_clock::now();
    try {
        tasks.reserve(tasks.size() + timed.size());
    } catch (const std::bad_alloc&) {
        return now + std::chrono::milliseconds(10);
    }
    std::erase_if(timed, [&](Timed& one) {
        if (one.when > now) {
            next = std::min(next, one.when);
            return false;
        }
        tasks.push_back(std::move(one.task));
        return true;
    });
    return next;
}

void CompletionThread::State::run() {
    const MustNotWait mark;
    std::unique_lock lock(mutex);
    while (true) {
        const TimePoint next = take_due();
        if (tasks.empty()) {
            if (next != never) {
                changed.wait_until(lock, next);
            } else if (!stopping) {
                changed.wait(lock);
            } else {
                return;
            }
            continue;
        }
        std::vector<std::function<void()>> batch;
        batch.swap(tasks);
        lock.unlock();
        for (auto& task : batch) {
            task();
            // A callback has forked, and this is the child's only thread.
            if (origin.inherited()) return;
        }
        batch.clear();
        lock.lock();
    }
}

}  // namespace lk::pipeline
