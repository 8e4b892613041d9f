#pragma once

#include <functional>
#include <optional>

#include "base/clock.hpp"

namespace lk::http {

/// What three clocks show at one moment, each since a beginning of its own.
struct Clocks {
    Duration monotonic{};  ///< CLOCK_MONOTONIC: may stand still while the machine does.
    Duration boottime{};   ///< CLOCK_BOOTTIME: goes on while the machine is suspended.
    Duration realtime{};   ///< CLOCK_REALTIME: is set right after a snapshot was restored.
};

using ReadClocks = std::function<Clocks()>;

[[nodiscard]] Clocks read_system_clocks();

/// Notices a freeze: time that passed without this process, as when a Lambda is thawed, a snapshot
/// restored or a laptop opened. Connections may be dead then, with nobody left to say so. A clock
/// that was merely set looks the same; little is lost by that. Used by one thread at a time.
class FreezeWatch {
  public:
    explicit FreezeWatch(ReadClocks read_clocks);

    /// Before a sleep of at most this long, and after it.
    void falls_asleep(Duration at_most);
    void wakes_up();

    /// True when there was a freeze since the last call.
    [[nodiscard]] bool thawed();

  private:
    ReadClocks read_clocks_;
    Clocks last_;
    std::optional<Duration> wakes_up_by_;
    bool overslept_ = false;
};

}  // namespace lk::http
