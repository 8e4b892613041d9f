#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include <lk/error.hpp>

#include "base/clock.hpp"

namespace lk::detail {
class Slot;
}

namespace lk::pipeline {

/// A line for the user's log hook: how serious (LogLevel's number), and what.
using Log = std::function<void(int, std::string_view)>;

inline constexpr int log_info = 0;
inline constexpr int log_warning = 1;
inline constexpr int log_error = 2;

/// Runs callbacks and resumes coroutines one at a time, in the order in which their results were
/// settled: on one thread of the library that starts with the first callback, or on the user's
/// executor, which gets one task at a time.
class Completions : public std::enable_shared_from_this<Completions> {
  public:
    using Executor = std::function<void(std::function<void()>)>;

    /// Without an executor the thread is the one that all dispatch functions without one share.
    static std::shared_ptr<Completions> make(Executor executor, Log log);

    Completions(Executor executor, bool own_thread, Log log) noexcept;

    /// The slot is settled and has a continuation. From any thread.
    void add(detail::Slot* slot);

    /// Waits until the callbacks of what is settled have run, but no later than the deadline. Not
    /// for the user's executor: whether it still runs is the user's business.
    void wait_until_idle(TimePoint deadline);

    /// True inside a callback or a resumed coroutine, of whichever dispatch function: a call that
    /// waits for the library must not be made there.
    [[nodiscard]] static bool inside() noexcept;
    [[nodiscard]] static Error would_deadlock(std::string_view call);

  private:
    void schedule();
    void run();

    const Executor executor_;
    const bool own_thread_;
    const Log log_;
    std::mutex mutex_;
    std::vector<detail::Slot*> queue_;
    std::condition_variable idle_;
    bool scheduled_ = false;
};

/// The library's completion thread; ends when the last dispatch function that used it is gone.
class CompletionThread {
  public:
    static std::shared_ptr<CompletionThread> shared();

    CompletionThread();
    ~CompletionThread();
    CompletionThread(const CompletionThread&) = delete;
    CompletionThread& operator=(const CompletionThread&) = delete;

    void post(std::function<void()> task);

  private:
    // Outlives the object by what its thread still has to run.
    struct State {
        std::mutex mutex;
        std::condition_variable changed;
        std::vector<std::function<void()>> tasks;
        bool stopping = false;

        void run();
    };

    std::shared_ptr<State> state_;
};

}  // namespace lk::pipeline
