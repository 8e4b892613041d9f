#pragma once

#include <optional>
#include <string_view>

#include "local/operations/members.hpp"
#include "local/store/stream.hpp"

namespace lk::local {

// What Kinesis's model asks of the texts that several operations take
// (https://docs.aws.amazon.com/kinesis/latest/APIReference/API_Operations.html).

[[nodiscard]] TextRule name_rule();  ///< Streams and shards.
[[nodiscard]] TextRule required(TextRule rule);
inline constexpr std::size_t max_partition_key_characters = 256;
[[nodiscard]] TextRule partition_key_rule();
[[nodiscard]] TextRule hash_key_rule();
[[nodiscard]] TextRule sequence_number_rule();
[[nodiscard]] TextRule next_token_rule();

/// The stream that a request is about, by StreamName, StreamARN or both, which must then agree.
/// Of an ARN only the name counts: every region and account leads here. Nothing when there is a
/// problem, which is then noted.
[[nodiscard]] std::optional<std::string_view> read_stream_name(const Members& members);

/// The same where a request may be about none.
[[nodiscard]] std::optional<std::string_view> read_optional_stream_name(const Members& members);

/// The name in an ARN of a stream; empty if it is no such ARN.
[[nodiscard]] std::string_view name_in_arn(std::string_view arn) noexcept;

/// The number in "shardId-000000000003", also where "shardId-" is left out; nothing if it is
/// neither.
[[nodiscard]] std::optional<int> parse_shard_id(std::string_view text) noexcept;

/// The stream's shard of that identifier; null when it has none.
[[nodiscard]] Shard* find_shard(const Stream& stream, std::string_view id) noexcept;

}  // namespace lk::local
