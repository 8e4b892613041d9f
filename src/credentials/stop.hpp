#pragma once

#include <chrono>

namespace lk::credentials {

/// Ends what a thread of ours waits for outside (an answer, a child process, a pause between two
/// attempts), so that closing never waits for a service that is slow. Thread-safe.
class Stop {
  public:
    Stop();
    ~Stop();
    Stop(const Stop&) = delete;
    Stop& operator=(const Stop&) = delete;

    void request() noexcept;
    /// Becomes readable once it was requested.
    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
    [[nodiscard]] bool requested() const noexcept;
    /// False when it was ended early.
    [[nodiscard]] bool sleep(std::chrono::milliseconds time) const noexcept;

  private:
    int descriptor_;
};

}  // namespace lk::credentials
