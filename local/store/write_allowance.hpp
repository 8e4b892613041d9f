#pragma once

#include <cstddef>
#include <mutex>

#include "base/clock.hpp"

namespace lk::local {

/// What a shard takes per second: 1,000 records and 1 MiB of data and partition keys
/// (https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html). Two buckets that
/// hold one second's worth and start full. Thread-safe.
class WriteAllowance {
  public:
    static constexpr double records_per_second = 1000;
    static constexpr double bytes_per_second = 1024 * 1024;

    /// True when a record of that size may be written now, which it then counts as. One that is
    /// larger than a full bucket passes when the bucket is full and is paid off afterwards.
    [[nodiscard]] bool take(TimePoint now, std::size_t bytes);

  private:
    void refill(TimePoint now);

    std::mutex mutex_;
    double records_ = records_per_second;
    double bytes_ = bytes_per_second;
    TimePoint filled_at_{};
};

}  // namespace lk::local
