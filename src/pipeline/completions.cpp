#include "pipeline/completions.hpp"

#include <exception>
#include <string>
#include <utility>

#include "base/threads.hpp"
#include "pipeline/slot.hpp"

namespace lk::pipeline {
namespace {

thread_local int inside_depth = 0;

}  // namespace

bool Completions::inside() noexcept {
    return inside_depth != 0;
}

Error Completions::would_deadlock(std::string_view call) {
    return {
        ErrorCode::would_deadlock,
        std::string(call) +
            " was called where results are completed (in a callback or a resumed coroutine): it "
            "would wait for itself; co_await, use then(), or call it from another thread",
        false, 0};
}

std::shared_ptr<Completions> Completions::make(Executor executor, Log log) {
    const bool own_thread = !executor;
    if (own_thread) {
        // The thread starts with the first task, not with the dispatch function. One task is
        // scheduled at a time, so this needs no lock of its own.
        executor = [kept = std::make_shared<std::shared_ptr<CompletionThread>>()](
                       std::function<void()> task) {
            if (*kept == nullptr) *kept = CompletionThread::shared();
            (*kept)->post(std::move(task));
        };
    }
    return std::make_shared<Completions>(std::move(executor), own_thread, std::move(log));
}

Completions::Completions(Executor executor, bool own_thread, Log log) noexcept
    : executor_(std::move(executor)), own_thread_(own_thread), log_(std::move(log)) {}

void Completions::add(detail::Slot* slot) {
    {
        const std::lock_guard lock(mutex_);
        queue_.push_back(slot);
        if (scheduled_) return;
        scheduled_ = true;
    }
    schedule();
}

void Completions::wait_until_idle(TimePoint deadline) {
    if (!own_thread_) return;
    std::unique_lock lock(mutex_);
    const auto idle = [this] { return !scheduled_; };
    if (deadline == never) {
        idle_.wait(lock, idle);
    } else {
        idle_.wait_until(lock, deadline, idle);
    }
}

void Completions::schedule() {
    // The task may have run, and dropped the last owner, before the executor returns.
    const auto self = shared_from_this();
    try {
        executor_([self] { self->run(); });
    } catch (const std::exception& thrown) {
        // The results stay queued; the next one that is settled tries again.
        const std::lock_guard lock(mutex_);
        scheduled_ = false;
        if (log_) log_(log_error, std::string("the executor threw: ") + thrown.what());
    }
}

void Completions::run() {
    std::vector<detail::Slot*> batch;
    {
        const std::lock_guard lock(mutex_);
        batch.swap(queue_);
    }
    ++inside_depth;
    for (detail::Slot* slot : batch) {
        try {
            slot->complete();
        } catch (const std::exception& thrown) {
            if (log_) log_(log_error, std::string("a callback threw: ") + thrown.what());
        } catch (...) {
            if (log_) log_(log_error, "a callback threw something that is no std::exception");
        }
    }
    --inside_depth;
    {
        const std::lock_guard lock(mutex_);
        if (queue_.empty()) {
            scheduled_ = false;
            idle_.notify_all();
            return;
        }
    }
    schedule();
}

std::shared_ptr<CompletionThread> CompletionThread::shared() {
    static std::mutex mutex;
    static std::weak_ptr<CompletionThread> current;
    const std::lock_guard lock(mutex);
    std::shared_ptr<CompletionThread> thread = current.lock();
    if (thread == nullptr) current = thread = std::make_shared<CompletionThread>();
    return thread;
}

CompletionThread::CompletionThread() : state_(std::make_shared<State>()) {
    // Never joined: its last owner may be a callback on it, or a thread that must not wait for one.
    start_thread("lk-completion", [state = state_] { state->run(); }).detach();
}

CompletionThread::~CompletionThread() {
    {
        const std::lock_guard lock(state_->mutex);
        state_->stopping = true;
    }
    state_->changed.notify_one();
}

void CompletionThread::post(std::function<void()> task) {
    {
        const std::lock_guard lock(state_->mutex);
        state_->tasks.push_back(std::move(task));
    }
    state_->changed.notify_one();
}

void CompletionThread::State::run() {
    std::unique_lock lock(mutex);
    while (true) {
        changed.wait(lock, [this] { return stopping || !tasks.empty(); });
        if (tasks.empty()) return;
        std::vector<std::function<void()>> batch;
        batch.swap(tasks);
        lock.unlock();
        for (auto& task : batch) task();
        batch.clear();
        lock.lock();
    }
}

}  // namespace lk::pipeline
