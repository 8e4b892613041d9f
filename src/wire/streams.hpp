#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <lk/expected.hpp>
#include <lk/kinesis_client.hpp>

#include "wire/document.hpp"

namespace lk::wire {

/// {StreamName|StreamARN: stream}: the whole of a DescribeStreamSummary request.
[[nodiscard]] Document stream_request(std::string_view stream);

/// A ListShards request for the open shards. With a token it carries nothing else, as Kinesis
/// demands.
[[nodiscard]] Document list_shards_request(std::string_view stream, std::string_view next_token);

struct ShardPage {
    std::vector<Shard> shards;
    std::string next_token;
};

[[nodiscard]] Expected<ShardPage, std::string> read_list_shards_answer(const Document& answer);
[[nodiscard]] Expected<StreamSummary, std::string> read_stream_summary_answer(
    const Document& answer);

}  // namespace lk::wire
