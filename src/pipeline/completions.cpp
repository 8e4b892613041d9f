#include "pipeline/completions.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <string>
#include <utility>

#include "base/must_not_wait.hpp"
#include "pipeline/completion_thread.hpp"
#include "pipeline/slot.hpp"

namespace lk::pipeline {
namespace {

// How long an executor that let a task go is left in peace: doubled from time to time.
constexpr std::chrono::milliseconds shortest_pause{10};
constexpr std::chrono::milliseconds longest_pause{1000};

std::chrono::milliseconds pause_after(int turns_lost) {
    return std::min(longest_pause, shortest_pause * (1 << std::min(turns_lost, 10)));
}

}  // namespace

// What an executor is given to run, once. It notices when that never happened.
class Completions::Turn {
  public:
    explicit Turn(std::shared_ptr<Completions> completions) noexcept
        : completions_(std::move(completions)) {}
    ~Turn() {
        // In a forked child the pool that held it is the parent's, and so are the callbacks.
        if (completions_->inherited()) {
            keep_for_good(std::move(completions_));
        } else if (!run_) {
            completions_->turn_was_lost();
        }
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

    void run() noexcept {
        if (!completions_->inherited() && !run_.exchange(true)) completions_->run();
    }

  private:
    std::shared_ptr<Completions> completions_;
    std::atomic<bool> run_{false};
};

bool Completions::inside() noexcept {
    return MustNotWait::here();
}

Error Completions::would_deadlock(std::string_view call) {
    return {ErrorCode::would_deadlock,
            std::string(call) +
                " was called where the library does its own work (in a callback, a resumed "
                "coroutine or a Kinesis client): it would wait for itself; co_await, use then(), "
                "or call it from another thread",
            false, 0};
}

std::shared_ptr<Completions> Completions::make(Executor executor, Log log) {
    return std::make_shared<Completions>(std::move(executor), std::move(log));
}

Completions::Completions(Executor executor, Log log) noexcept
    : executor_(std::move(executor)), own_thread_(!executor_), log_(std::move(log)) {}

void Completions::start_thread() {
    if (own_thread_ && thread_ == nullptr) thread_ = CompletionThread::shared();
}

void Completions::add(detail::Slot* slot) noexcept {
    {
        const std::lock_guard lock(mutex_);
        (first_ == nullptr ? first_ : last_->next_to_complete()) = slot;
        last_ = slot;
        if (scheduled_) return;
        scheduled_ = true;
    }
    schedule();
}

void Completions::close() noexcept {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
        // Once more at once, in place of the one that waits for its time.
        if (scheduled_ ? !std::exchange(retry_pending_, false) : nothing_waits()) return;
        scheduled_ = true;
    }
    schedule();
}

void Completions::wait_until_idle(TimePoint deadline) {
    close();
    std::unique_lock lock(mutex_);
    // Whether the executor fails again, and is replaced, shows when it was tried.
    const auto idle = [this] {
        return !scheduled_ || !(own_thread_ || executor_replaced_ || retrying_);
    };
    while (true) {
        if (deadline == never) {
            idle_.wait(lock, idle);
        } else {
            idle_.wait_until(lock, deadline, idle);
        }
        if (scheduled_ || nothing_waits()) return;
        // No thread could be had for them, and nobody asks for one again.
        scheduled_ = true;
        lock.unlock();
        run();
        // A callback has forked, and this is the child.
        if (inherited()) return;
        lock.lock();
    }
}

void Completions::schedule() noexcept {
    // However the executor fails, the turn is let go of: that is noticed there.
    std::shared_ptr<Turn> turn;
    try {
        turn = std::make_shared<Turn>(shared_from_this());
        if (own_thread_) {
            // One turn is scheduled at a time, so this needs no lock.
            start_thread();
            thread_->post([turn] { turn->run(); });
        } else {
            executor_([turn] { turn->run(); });
        }
    } catch (const std::exception& thrown) {
        tell(log_error, "the executor threw: ", thrown.what());
    } catch (...) {
        tell(log_error, "the executor threw something that is no std::exception");
    }
    if (turn == nullptr) turn_was_lost();
}

void Completions::run() noexcept {
    detail::Slot* slot = nullptr;
    {
        const std::lock_guard lock(mutex_);
        slot = std::exchange(first_, nullptr);
        turns_lost_ = 0;
    }
    {
        const MustNotWait mark;
        for (detail::Slot* next = nullptr; slot != nullptr; slot = next) {
            next = slot->next_to_complete();
            try {
                slot->complete();
            } catch (const std::exception& thrown) {
                tell(log_error, "a callback threw: ", thrown.what());
            } catch (...) {
                tell(log_error, "a callback threw something that is no std::exception");
            }
            // It has forked, and this is the child: the rest is the parent's.
            if (inherited()) return;
        }
    }
    {
        const std::lock_guard lock(mutex_);
        if (nothing_waits()) {
            scheduled_ = false;
            idle_.notify_all();
            return;
        }
    }
    schedule();
}

// Perhaps under a lock of the executor's own, so this calls neither it nor the log hook.
void Completions::turn_was_lost() noexcept {
    bool announced = false;
    try {
        const auto thread = CompletionThread::shared();
        const auto self = shared_from_this();
        std::unique_lock lock(mutex_);
        if (closed_) {
            executor_replaced_ = true;
            lock.unlock();
            thread->post([self, thread] { self->run_without_executor(); });
            return;
        }
        const TimePoint when = std::chrono::steady_clock::now() + pause_after(turns_lost_++);
        announced = retry_pending_ = true;
        lock.unlock();
        thread->post([self, thread] { self->try_again(); }, when);
    } catch (...) {
        // Out of memory or threads. The results stay queued; the next one, or close(), tries again,
        // and wait_until_idle() needs none.
        const std::lock_guard lock(mutex_);
        // close() may have taken this turn over meanwhile.
        if (announced && !std::exchange(retry_pending_, false)) return;
        scheduled_ = false;
        idle_.notify_all();
    }
}

void Completions::try_again() noexcept {
    int lost = 0;
    {
        const std::lock_guard lock(mutex_);
        // close() may have tried meanwhile.
        if (!std::exchange(retry_pending_, false)) return;
        retrying_ = true;
        lost = turns_lost_;
    }
    tell(log_warning, "the executor let ", std::to_string(lost),
         " tasks in a row go without running them; it is given another");
    schedule();
    const std::lock_guard lock(mutex_);
    retrying_ = false;
    idle_.notify_all();
}

void Completions::run_without_executor() noexcept {
    tell(log_error,
         "the executor let a task go without running it after close(): callbacks run on the "
         "library's own thread");
    run();
}

template <class... Text>
void Completions::tell(int level, const Text&... text) const noexcept {
    if (!log_) return;
    try {
        std::string line;
        (line.append(text), ...);
        log_(level, line);
    } catch (...) {  // there is nowhere left to tell
    }
}

}  // namespace lk::pipeline
