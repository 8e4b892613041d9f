#pragma once

#include <array>
#include <cstdint>

#include "base/clock.hpp"

namespace lk::pipeline {

/// Keeps requests with records that were sent before under a fifth of all requests over ten
/// seconds, so that a stream in trouble is not given more of it. One a second is always allowed.
class RetryShare {
  public:
    [[nodiscard]] bool allows(TimePoint now) noexcept;
    void sent(bool has_retries, TimePoint now) noexcept;
    /// When allows() would be true if nothing else were sent.
    [[nodiscard]] TimePoint allows_at(TimePoint now) noexcept;

    static constexpr std::size_t window_seconds = 10;
    static constexpr std::uint32_t always_allowed = window_seconds;

  private:
    void move_to(TimePoint now) noexcept;

    struct Second {
        std::uint32_t requests = 0;
        std::uint32_t with_retries = 0;
    };
    std::array<Second, window_seconds> seconds_{};
    std::int64_t newest_ = 0;
    Second sum_;
};

}  // namespace lk::pipeline
