#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <lk/kinesis_client.hpp>

#include "doctor/finding.hpp"

namespace lk::doctor {

/// What the service itself says of the stream: whether it is there, its shards, whether records may
/// be put. Asks with the calls that dispatch makes, and waits so long for each answer.
void add_stream_findings(KinesisClient& client, const std::string& stream,
                         std::chrono::milliseconds patience, Findings& to);

/// The same where the service can not be asked.
void add_no_stream_findings(Findings& to);

/// How evenly the shards share out the keys.
[[nodiscard]] Finding spread_finding(const std::vector<Shard>& open_shards);

}  // namespace lk::doctor
