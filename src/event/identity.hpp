#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/random.hpp"

namespace lk::event {

inline constexpr std::size_t uuid_bytes = 36;
inline constexpr std::size_t random_uuid_bytes = 16;
/// What a UUID is made of: random, but for the six bits that say so.
using UuidBytes = std::span<const std::uint8_t, random_uuid_bytes>;
/// A UUID v4 in lower case (RFC 9562).
void write_uuid(char* out, UuidBytes random) noexcept;
void write_uuid(char* out, RandomBytes& random);

inline constexpr std::size_t timestamp_bytes = 24;
/// The range that `YYYY-MM-DDTHH:mm:ss.sssZ` can say: years 0000 to 9999.
inline constexpr std::int64_t min_timestamp_ms = -62'167'219'200'000;
inline constexpr std::int64_t max_timestamp_ms = 253'402'300'799'999;
/// `YYYY-MM-DDTHH:mm:ss.sssZ` of milliseconds since the epoch within that range. Keeps the last
/// second's text, so one a thread (or under one lock).
class TimestampWriter {
  public:
    void write(char* out, std::int64_t epoch_ms) noexcept;

  private:
    std::int64_t second_ = INT64_MIN;
    std::array<char, timestamp_bytes> text_{};
};

}  // namespace lk::event
