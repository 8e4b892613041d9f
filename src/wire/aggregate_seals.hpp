#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "base/md5.hpp"

namespace lk::wire {

/// Writes the digests that end aggregated records (see aggregate_format.hpp), of several at once:
/// that is the larger part of what aggregation costs.
class AggregateSeals {
  public:
    /// An aggregate of AggregateWriter's, which must stay where it is until it is sealed.
    void add(std::span<char> aggregate) noexcept;
    /// Seals those that are not yet.
    void finish() noexcept;

  private:
    std::array<std::span<char>, md5_lanes> unsealed_;
    std::size_t count_ = 0;
};

}  // namespace lk::wire
