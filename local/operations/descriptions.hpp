#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "local/store/stream.hpp"
#include "wire/document.hpp"

namespace lk::local {

/// arn:aws:kinesis:us-east-1:000000000000:stream/NAME
[[nodiscard]] std::string stream_arn(std::string_view name);

/// Timestamps are numbers of seconds in documents.
[[nodiscard]] double seconds(std::int64_t ms);

/// What every description of a stream has.
[[nodiscard]] wire::Document describe(const Stream& stream);
/// With what DescribeStream and DescribeStreamSummary add to that.
[[nodiscard]] wire::Document describe_fully(const Stream& stream);
[[nodiscard]] wire::Document describe(const Shard& shard);
[[nodiscard]] wire::Document hash_key_range(const Shard& shard);

}  // namespace lk::local
