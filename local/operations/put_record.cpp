#include "local/concat.hpp"
#include "local/operations/incoming.hpp"
#include "local/operations/members.hpp"
#include "local/operations/operations.hpp"
#include "local/operations/rules.hpp"
#include "local/store/sequence_number.hpp"

namespace lk::local {

namespace {

Outcome put(const Environment& environment, Stream& stream, const Incoming& record,
            const RecordFault* fault) {
    for (;;) {
        const auto shard = route(stream, *stream.map(), record, 1);
        if (!shard) return shard.error();
        if (fault != nullptr && !fault->commit) return refuse(*fault, (*shard)->id, stream.name());
        if (environment.enforce_limits &&
            !(*shard)->allowance.take(environment.steady_now(), record.bytes())) {
            return Refusal{"ProvisionedThroughputExceededException",
                           rate_exceeded((*shard)->id, stream.name())};
        }
        NewRecord stored{
            .shard = *shard, .partition_key = record.partition_key, .data = record.data};
        const auto error = environment.store.append(stream, {&stored, 1}, environment.now_ms());
        // Split or merged since it was routed.
        if (error && error->problem == StoreProblem::shard_closed) continue;
        if (error) return refuse(*error, stream.name());
        if (fault != nullptr) return refuse(*fault, (*shard)->id, stream.name());
        return wire::Document{{"ShardId", (*shard)->id},
                              {"SequenceNumber", (*shard)->sequence_number(stored.position)}};
    }
}

}  // namespace

Outcome put_record(const Environment& environment, const Request& request) {
    Problems problems;
    const Members members(request.members, request.encoding, problems);
    const auto name = read_stream_name(members);
    const auto data = members.blob("Data", max_data_bytes);
    const auto key = members.text("PartitionKey", partition_key_rule());
    const auto hash_key = members.text("ExplicitHashKey", hash_key_rule());
    const auto after = members.text("SequenceNumberForOrdering", sequence_number_rule());
    if (auto refusal = problems.refusal()) return *refusal;
    const auto stream = environment.store.find(*name);
    if (stream == nullptr) return stream_not_found(*name);

    const Incoming record{.data = *data, .partition_key = *key, .explicit_hash_key = hash_key};
    // Sequence numbers rise anyway, so it only has to be one.
    if (after && !parse_sequence_number(*after)) {
        return invalid_argument(
            concat({"ExclusiveMinimumSequenceNumber ", *after, " used in PutRecord on stream ",
                    stream->name(), " under account ", account, " is invalid."}));
    }
    return put(environment, *stream, record, fault_of(request.faults, 0));
}

}  // namespace lk::local
