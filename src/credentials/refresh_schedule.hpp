#pragma once

#include <chrono>
#include <optional>

#include "base/random.hpp"
#include "credentials/source.hpp"

namespace lk::credentials {

/// Decides when credentials are fetched anew: ahead of their end, by a third of their time at most
/// and 15 minutes, spread at random, so that a fleet does not ask all at once; after a failure
/// again and again, with pauses that grow to half a minute, but not to more than a quarter of the
/// time that is left. Has no clock of its own.
class RefreshSchedule {
  public:
    void fetched(std::optional<WallTime> expires, WallTime now);
    void failed(WallTime now);
    /// As soon as may be: at once, or a few seconds after the last one.
    void wanted(WallTime now);

    /// When to fetch next; nothing: not until wanted().
    [[nodiscard]] std::optional<WallTime> next() const noexcept { return next_; }

  private:
    [[nodiscard]] std::chrono::milliseconds between(std::chrono::milliseconds least,
                                                    std::chrono::milliseconds most);

    RandomBytes random_;
    std::optional<WallTime> next_;
    std::optional<WallTime> last_;
    std::optional<WallTime> expires_;
    int failures_ = 0;
};

}  // namespace lk::credentials
