#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>

#include <lk/error.hpp>

#include "base/clock.hpp"
#include "base/fork.hpp"

namespace lk::detail {
class Slot;
}

namespace lk::pipeline {

class CompletionThread;

/// A line for the user's log hook: how serious (LogLevel's number), and what.
using Log = std::function<void(int, std::string_view)>;

inline constexpr int log_info = 0;
inline constexpr int log_warning = 1;
inline constexpr int log_error = 2;

/// Runs callbacks and resumes coroutines one at a time, in the order in which their results were
/// settled: on one thread of the library (see start_thread()), or on the user's executor, which
/// gets one task at a time.
///
/// An executor that throws, or lets a task go without running it, is given another after a pause;
/// after close() the library's own thread takes its place. So nothing is lost with a pool that was
/// stopped too early.
class Completions : public std::enable_shared_from_this<Completions> {
  public:
    using Executor = std::function<void(std::function<void()>)>;

    /// Without an executor the thread is the one that all dispatch functions without one share.
    static std::shared_ptr<Completions> make(Executor executor, Log log);

    Completions(Executor executor, Log log) noexcept;

    /// Starts the library's thread now, where there is no executor; it starts with the first
    /// callback otherwise. Before the first add(). Throws where it cannot.
    void start_thread();

    /// The slot is settled and has a continuation. From any thread.
    void add(detail::Slot* slot) noexcept;

    /// The dispatch function is closed: an executor that fails from now on is not tried again.
    void close() noexcept;

    /// close(), and waits until the callbacks of what is settled have run, but no later than the
    /// deadline. Not for the user's executor: whether it still runs is the user's business. Where
    /// no thread can be had for them they run on this one, which may then take longer.
    void wait_until_idle(TimePoint deadline);

    /// Made in a process that this one was forked from: not to be used here.
    [[nodiscard]] bool inherited() const noexcept { return origin_.inherited(); }

    /// True where the library does its own work (in a callback or a resumed coroutine, on a thread
    /// that drives a loop), of whichever dispatch function: a call that waits for the library must
    /// not be made there.
    [[nodiscard]] static bool inside() noexcept;
    [[nodiscard]] static Error would_deadlock(std::string_view call);

  private:
    class Turn;

    /// With the lock held.
    [[nodiscard]] bool nothing_waits() const noexcept { return first_ == nullptr; }
    void schedule() noexcept;
    void run() noexcept;
    void turn_was_lost() noexcept;
    void try_again() noexcept;
    void run_without_executor() noexcept;
    template <class... Text>
    void tell(int level, const Text&... text) const noexcept;

    const Origin origin_;
    const Executor executor_;
    const bool own_thread_;
    const Log log_;
    std::shared_ptr<CompletionThread> thread_;

    std::mutex mutex_;
    // What waits, in its order, linked through the slots: there may be no memory for anything else.
    detail::Slot* first_ = nullptr;
    detail::Slot* last_ = nullptr;
    std::condition_variable idle_;
    bool scheduled_ = false;      // a turn is with the executor, or will be
    bool retry_pending_ = false;  // it will be, after a pause
    bool retrying_ = false;       // the pause is over
    bool closed_ = false;
    bool executor_replaced_ = false;
    int turns_lost_ = 0;  // since one was run
};

}  // namespace lk::pipeline
