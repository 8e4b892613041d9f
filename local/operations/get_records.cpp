#include <algorithm>

#include "local/dates.hpp"
#include "local/operations/descriptions.hpp"
#include "local/operations/members.hpp"
#include "local/operations/operations.hpp"
#include "local/operations/rules.hpp"
#include "local/operations/token.hpp"

namespace lk::local {

namespace {

constexpr std::int64_t max_records = 10'000;
constexpr std::size_t max_bytes = 10 * 1024 * 1024;

Refusal expired(std::int64_t issued_ms, std::int64_t now_ms) {
    return {"ExpiredIteratorException",
            "Iterator expired. The iterator was created at time " + message_date(issued_ms) +
                " while right now it is " + message_date(now_ms) +
                " which is further in the future than the tolerated delay of 300000 "
                "milliseconds."};
}

wire::Document describe(const Shard& shard, const KeptRecord& record) {
    return {{"SequenceNumber", shard.sequence_number(record.position)},
            {"ApproximateArrivalTimestamp", seconds(record.arrival_ms)},
            {"PartitionKey", record.partition_key},
            {"Data", wire::Document::binary({record.data.begin(), record.data.end()})}};
}

wire::Document children_of(const Stream& stream, const Shard& parent) {
    auto children = wire::Document::array();
    for (const auto& shard : stream.shards()) {
        if (shard->parent != parent.number && shard->adjacent_parent != parent.number) continue;
        auto parents = wire::Document::array({shard_id(*shard->parent)});
        if (shard->adjacent_parent) parents.push_back(shard_id(*shard->adjacent_parent));
        children.push_back({{"ShardId", shard->id},
                            {"ParentShards", std::move(parents)},
                            {"HashKeyRange", hash_key_range(*shard)}});
    }
    return children;
}

}  // namespace

Outcome get_records(const Environment& environment, const Request& request) {
    Problems problems;
    const Members members(request.members, request.encoding, problems);
    const auto iterator = members.text(
        "ShardIterator", {.required = true, .min_characters = 1, .max_characters = 512});
    const auto limit = members.number("Limit", 1, max_records).value_or(max_records);
    // Of an iterator the stream is known already; the name beside it is checked all the same.
    static_cast<void>(read_optional_stream_name(members));
    if (auto refusal = problems.refusal()) return *refusal;

    auto token = read_token(Token::Kind::shard_iterator, *iterator);
    const std::int64_t now = environment.now_ms();
    if (!token) return invalid_argument("Invalid ShardIterator.");
    if (now - token->issued_ms > token_life_ms) return expired(token->issued_ms, now);
    const auto stream = environment.store.find(token->stream);
    const bool same_stream = stream && stream->facts().created_ms == token->stream_created_ms;
    Shard* const shard = same_stream ? stream->shard(token->shard) : nullptr;
    if (shard == nullptr) return shard_not_found(shard_id(token->shard), token->stream);

    if (environment.enforce_limits && !shard->read_allowance.begin(environment.steady_now())) {
        return Refusal{"ProvisionedThroughputExceededException",
                       rate_exceeded(shard->id, token->stream)};
    }
    // Before it is read: what comes in between would be taken for the last otherwise.
    const bool closed = !shard->open();
    const auto read = environment.store.read(*stream, *shard, token->position,
                                             static_cast<std::size_t>(limit), max_bytes);
    if (!read) return refuse(read.error(), token->stream);
    auto records = wire::Document::array();
    std::size_t bytes = 0;
    for (const KeptRecord& record : *read) {
        bytes += record.partition_key.size() + record.data.size();
        records.push_back(describe(*shard, record));
    }
    if (environment.enforce_limits) shard->read_allowance.pay(bytes);
    std::int64_t behind_ms = 0;
    if (!read->empty()) {
        const KeptRecord& last = read->back();
        token->position = last.position + 1;
        const bool caught_up = token->position == shard->next_position;
        // Zero tells readers that nothing is left, also where the clock was put back.
        behind_ms = caught_up ? 0 : std::max<std::int64_t>(1, now - last.arrival_ms);
    }
    wire::Document answer = {{"Records", std::move(records)}, {"MillisBehindLatest", behind_ms}};
    // Nothing from a place on is the end too: of a shard that never had a record, or whose records
    // were discarded.
    if (closed && (read->empty() || token->position >= shard->next_position)) {
        // Kinesis's way to say that the shard's readers go on with its children.
        answer["ChildShards"] = children_of(*stream, *shard);
        return answer;
    }
    token->issued_ms = now;
    answer["NextShardIterator"] = write_token(*token);
    return answer;
}

}  // namespace lk::local
