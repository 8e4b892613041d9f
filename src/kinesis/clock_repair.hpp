#pragma once

#include <atomic>
#include <chrono>
#include <string_view>

namespace lk::kinesis {

/// The clock that signatures are dated by: this machine's, corrected by what the service said.
/// Kinesis takes a signature for five minutes before and after its own time. Thread-safe.
class SignatureClock {
  public:
    using Time = std::chrono::system_clock::time_point;

    [[nodiscard]] Time now() const {
        return std::chrono::system_clock::now() + offset_.load(std::memory_order_relaxed);
    }

    /// Takes over the service's time from an answer's Date header; false when it has none.
    bool follow(std::string_view date_header);

  private:
    std::atomic<std::chrono::system_clock::duration> offset_{};
};

/// True when an error answer says that the signature's time was too far from the service's. The
/// request was then refused before anything was stored.
[[nodiscard]] bool blames_the_clock(std::string_view service_code, std::string_view message);

}  // namespace lk::kinesis
