#include "local/operations/descriptions.hpp"

#include <limits>

#include "local/concat.hpp"
#include "local/operations/refusal.hpp"

namespace lk::local {

std::string stream_arn(std::string_view name) {
    return concat({"arn:aws:kinesis:us-east-1:", account, ":stream/", name});
}

double seconds(std::int64_t ms) {
    return static_cast<double>(ms) / 1000;
}

wire::Document describe(const Stream& stream) {
    return {{"StreamName", stream.name()},
            {"StreamARN", stream_arn(stream.name())},
            {"StreamStatus", "ACTIVE"},
            {"StreamModeDetails",
             {{"StreamMode", stream.facts().on_demand ? "ON_DEMAND" : "PROVISIONED"}}},
            {"StreamCreationTimestamp", seconds(stream.facts().created_ms)}};
}

wire::Document describe_fully(const Stream& stream) {
    using wire::Document;
    Document description = describe(stream);
    // Kinesis's default. Nothing is ever too old here.
    description["RetentionPeriodHours"] = 24;
    description["EnhancedMonitoring"] =
        Document::array({Document::object({{"ShardLevelMetrics", Document::array()}})});
    description["EncryptionType"] = "NONE";
    return description;
}

wire::Document hash_key_range(const Shard& shard) {
    return {{"StartingHashKey", event::to_decimal(shard.first_hash_key)},
            {"EndingHashKey", event::to_decimal(shard.last_hash_key)}};
}

wire::Document describe(const Shard& shard) {
    wire::Document description = {
        {"ShardId", shard.id},
        {"HashKeyRange", hash_key_range(shard)},
        {"SequenceNumberRange", {{"StartingSequenceNumber", shard.sequence_number(0)}}}};
    if (shard.parent) description["ParentShardId"] = shard_id(*shard.parent);
    if (shard.adjacent_parent) {
        description["AdjacentParentShardId"] = shard_id(*shard.adjacent_parent);
    }
    if (!shard.open()) {
        // The highest that the shard could ever have given, as Kinesis has it.
        description["SequenceNumberRange"]["EndingSequenceNumber"] =
            shard.sequence_number(std::numeric_limits<std::int64_t>::max());
    }
    return description;
}

}  // namespace lk::local
