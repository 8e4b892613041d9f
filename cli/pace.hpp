#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace lk::cli {

/// Whether to read on where there is an outbox. The disk takes lines faster than the stream does:
/// those that are far ahead of it would be copied into the outbox's file and read back, which takes
/// longer than to wait for the stream. But what the stream would not have taken within a second, a
/// backlog that an outage left included, the outbox is for: then reading goes on.
class Pace {
  public:
    using Clock = std::chrono::steady_clock;

    /// So many events may come after one that is on its way: four times what eight requests hold,
    /// and SQLite still has them in its cache when they are settled. Who is further ahead asks
    /// whether to wait.
    static constexpr std::size_t most_ahead = 16 * 1024;

    /// The stream was found too slow to be waited for; that holds for a second.
    [[nodiscard]] bool reads_on(Clock::time_point now) const noexcept;
    /// `open`: events that are on their way; `published`: so far, in all. Both may be some tens of
    /// milliseconds old.
    [[nodiscard]] bool should_wait(std::size_t open, std::uint64_t published,
                                   Clock::time_point now) noexcept;

  private:
    // Since when the stream is waited for, and what had been published then.
    std::optional<Clock::time_point> since_;
    std::uint64_t published_then_ = 0;
    std::optional<Clock::time_point> too_slow_until_;
};

}  // namespace lk::cli
