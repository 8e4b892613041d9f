#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

#include "base/fork.hpp"

namespace lk {

/// One T for the whole process: made when it is first asked for, and never destroyed. A forked
/// child gets one of its own and leaves the parent's alone, as a thread that is not there may hold
/// its lock.
template <class T>
class PerProcess {
  public:
    /// From any thread.
    [[nodiscard]] T& get() {
        Made* made = newest_.load(std::memory_order_acquire);
        while (made == nullptr || made->generation != fork_generation()) {
            auto fresh = std::make_unique<Made>();
            fresh->before = made;
            if (newest_.compare_exchange_strong(made, fresh.get(), std::memory_order_acq_rel)) {
                made = fresh.release();
            }
        }
        return made->value;
    }

  private:
    struct Made {
        const std::uint32_t generation = fork_generation();
        T value;
        // Still reached from here, so that no leak is seen.
        Made* before = nullptr;
    };

    std::atomic<Made*> newest_{nullptr};
};

/// One T that all of a process share who ask for it: made for the first, gone with the last, and
/// made anew for whoever comes then. From any thread; also while the program's statics are
/// destroyed, where this one is `constinit`.
template <class T>
class SharedPerProcess {
  public:
    template <class Make>
    [[nodiscard]] std::shared_ptr<T> get(const Make& make) {
        Place& place = place_.get();
        const std::lock_guard lock(place.mutex);
        std::shared_ptr<T> shared = place.shared.lock();
        if (shared == nullptr) place.shared = shared = make();
        return shared;
    }

  private:
    struct Place {
        std::mutex mutex;
        std::weak_ptr<T> shared;
    };

    PerProcess<Place> place_;
};

}  // namespace lk
