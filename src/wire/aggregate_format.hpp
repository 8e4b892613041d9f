#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace lk::wire {

/// The aggregated record of the Kinesis Producer Library
/// (https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md):
///
///     F3 89 9A C2 | the message AggregatedRecord, in protobuf | 16 bytes: the message's MD5
///
///     message AggregatedRecord {
///         repeated string partition_key_table = 1;
///         repeated string explicit_hash_key_table = 2;
///         repeated Record records = 3;
///     }
///     message Record {
///         required uint64 partition_key_index = 1;
///         optional uint64 explicit_hash_key_index = 2;
///         required bytes data = 3;
///         repeated Tag tags = 4;
///     }
///     message Tag { required string key = 1; optional string value = 2; }
namespace aggregate_format {

inline constexpr std::string_view magic = "\xF3\x89\x9A\xC2";
inline constexpr std::size_t digest_bytes = 16;

namespace field {
inline constexpr std::uint32_t partition_key_table = 1;
inline constexpr std::uint32_t explicit_hash_key_table = 2;
inline constexpr std::uint32_t records = 3;
}  // namespace field
namespace record_field {
inline constexpr std::uint32_t partition_key_index = 1;
inline constexpr std::uint32_t explicit_hash_key_index = 2;
inline constexpr std::uint32_t data = 3;
inline constexpr std::uint32_t tags = 4;
}  // namespace record_field
namespace tag_field {
inline constexpr std::uint32_t key = 1;
}  // namespace tag_field

}  // namespace aggregate_format
}  // namespace lk::wire
