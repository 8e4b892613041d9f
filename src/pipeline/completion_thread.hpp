#pragma once

#include <functional>
#include <memory>

#include "base/clock.hpp"
#include "base/fork.hpp"

namespace lk::pipeline {

/// The library's completion thread; ends when the last one that used it is gone and it has run
/// what was posted.
class CompletionThread {
  public:
    /// The one of this process. Works also while the program's statics are destroyed.
    static std::shared_ptr<CompletionThread> shared();

    CompletionThread();
    /// In a forked child it lets go of nothing.
    ~CompletionThread();
    CompletionThread(const CompletionThread&) = delete;
    CompletionThread& operator=(const CompletionThread&) = delete;

    /// Runs the task, which must not throw, in its turn, but not before `when`.
    void post(std::function<void()> task, TimePoint when = TimePoint::min());

  private:
    struct State;

    const Origin origin_;
    // Outlives the object by what its thread still has to run.
    std::shared_ptr<State> state_;
};

}  // namespace lk::pipeline
