#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lk::local {

/// A sequence number has 56 decimal digits, as many as Kinesis's own, so that comparing text and
/// comparing numbers agree. It is written in decimal fields, which makes it cheap to write and lets
/// it tell the stream and shard that it came from:
///
///     49 | when the stream was created, ms (15) | shard (12) | 00000000 | position (19)
///
/// Positions rise by one with each record of the shard, from 1; 0 stands for the shard's beginning.
struct SequenceNumber {
    std::int64_t stream_created_ms = 0;
    int shard = 0;
    std::int64_t position = 0;

    friend bool operator==(const SequenceNumber&, const SequenceNumber&) = default;
};

inline constexpr std::size_t sequence_number_digits = 56;
inline constexpr std::size_t position_digits = 19;

/// All of a shard's sequence numbers up to the position.
[[nodiscard]] std::string sequence_number_prefix(std::int64_t stream_created_ms, int shard);

/// Writes `position`'s 19 digits.
void write_position(char* out, std::int64_t position) noexcept;

[[nodiscard]] std::string to_text(const SequenceNumber& number);

/// Nothing unless this is a text that to_text() writes.
[[nodiscard]] std::optional<SequenceNumber> parse_sequence_number(std::string_view text) noexcept;

}  // namespace lk::local
