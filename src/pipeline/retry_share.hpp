#pragma once

#include <array>
#include <cstdint>

#include "base/clock.hpp"

namespace lk::pipeline {

/// Keeps requests with records that were sent before to a fifth of all requests over any ten
/// seconds, so that a stream in trouble is not given more of it. One a second is always allowed,
/// the first five of ten seconds as they come.
///
/// It counts by tenths of a second, and looks at every span of time that ends now: what is within
/// the bound for all of them stays so for any ten seconds, whatever comes after.
class RetryShare {
  public:
    [[nodiscard]] bool allows(TimePoint now) noexcept;
    void sent(bool has_retries, TimePoint now) noexcept;
    /// When to ask again.
    [[nodiscard]] TimePoint allows_at(TimePoint now) noexcept;

    static constexpr std::uint32_t always_allowed = 10;
    static constexpr std::uint32_t allowed_at_once = 5;
    static constexpr std::uint32_t one_of = 5;

  private:
    static constexpr Duration tick = std::chrono::milliseconds(100);
    /// One more than ten seconds, as the first and the last are only partly within them.
    static constexpr std::size_t ticks = 101;

    void move_to(TimePoint now) noexcept;

    struct Count {
        std::uint32_t requests = 0;
        std::uint32_t with_retries = 0;
    };
    std::array<Count, ticks> counts_{};
    std::int64_t newest_ = 0;
    std::uint32_t retries_ = 0;  // of all ticks
    TimePoint last_retry_{};
};

}  // namespace lk::pipeline
