#pragma once

#include <cstddef>
#include <mutex>

#include "base/clock.hpp"

namespace lk::local {

/// What a shard gives its readers per second: five GetRecords requests and 2 MiB of data and
/// partition keys (https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html).
/// Two buckets that hold one second's worth and start full. Thread-safe.
class ReadAllowance {
  public:
    static constexpr double requests_per_second = 5;
    static constexpr double bytes_per_second = 2 * 1024 * 1024;

    /// True when a request may read now, which it then counts as. How much it reads nobody knows
    /// yet, so it may take more than there is: those after it pay that off.
    [[nodiscard]] bool begin(TimePoint now);
    void pay(std::size_t bytes);

  private:
    std::mutex mutex_;
    double requests_ = requests_per_second;
    double bytes_ = bytes_per_second;
    TimePoint filled_at_{};
};

}  // namespace lk::local
