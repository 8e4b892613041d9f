#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "base/fork.hpp"

namespace lk::credentials {

/// Looks now and then whether credentials are due to be fetched: one thread for all clients of the
/// process. What it finds due it does not do itself, so that a slow service holds up no other
/// client's. Thread-safe.
class RefreshWatch {
  public:
    class Watched {
      public:
        virtual ~Watched() = default;
        /// Begins what is due, and returns at once: when to look again; `never`: after
        /// look_again().
        [[nodiscard]] virtual TimePoint look() noexcept = 0;
    };

    /// The one of this process: there is one while anybody has it. Throws std::system_error where
    /// no thread can be started.
    [[nodiscard]] static std::shared_ptr<RefreshWatch> shared();

    RefreshWatch();
    /// Not from within look().
    ~RefreshWatch();
    RefreshWatch(const RefreshWatch&) = delete;
    RefreshWatch& operator=(const RefreshWatch&) = delete;

    /// Watches it while it lives.
    void add(std::weak_ptr<Watched> watched);
    /// Something has changed.
    void look_again() noexcept;

  private:
    struct State;

    const Origin origin_;
    std::shared_ptr<State> state_;
    std::thread thread_;
};

}  // namespace lk::credentials
