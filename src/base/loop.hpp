#pragma once

#include <functional>
#include <memory>

#include "base/clock.hpp"
#include "base/fork.hpp"

namespace lk {

/// One thread that waits for something and, in between, lets its participants act. A pipeline's
/// driver takes part in the loop of the client it feeds, so that a lone event needs no hop between
/// threads; where the client has no loop of ours, a ThreadLoop serves.
///
/// In a forked child an inherited loop has no thread: every call on it does nothing, and its
/// destructor lets go of nothing.
class Loop {
  public:
    class Participant {
      public:
        virtual ~Participant() = default;
        /// Does what is due and tells when it wants to be called next at the latest (`never`: only
        /// when woken). Called by one thread at a time, which is then the loop's thread.
        virtual TimePoint turn(TimePoint now) = 0;
    };

    virtual ~Loop() = default;

    /// From any thread. The loop keeps a participant alive until it is detached.
    virtual void attach(std::shared_ptr<Participant> participant) = 0;
    /// From any thread, also from within turn(); takes effect at the end of the current round.
    virtual void detach(const Participant* participant) = 0;

    /// Detaches, and returns when the loop has let go of the participant. Not from its own thread.
    virtual void detach_and_wait(const Participant* participant) = 0;

    /// Makes the loop take another round soon. From any thread; cheap when it is not asleep.
    virtual void wake() noexcept = 0;

    /// For a thread that waits for what the loop brings about: where the loop has nothing to do but
    /// what is new, this thread drives it meanwhile, which spares the hop to the loop's own thread
    /// and back. Returns when `over` is true, and earlier wherever another thread drives or should:
    /// the caller then waits in its own way. `over` is asked between rounds. Not from the loop's
    /// thread.
    virtual void drive_until(const std::function<bool()>& over) { static_cast<void>(over); }

    /// On the thread that drives it now.
    [[nodiscard]] virtual bool on_loop_thread() const noexcept = 0;

    /// Made in a process that this one was forked from.
    [[nodiscard]] bool inherited() const noexcept { return origin_.inherited(); }

  private:
    const Origin origin_;
};

}  // namespace lk
