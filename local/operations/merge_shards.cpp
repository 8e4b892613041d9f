#include "local/concat.hpp"
#include "local/operations/members.hpp"
#include "local/operations/operations.hpp"
#include "local/operations/rules.hpp"

namespace lk::local {

Outcome merge_shards(const Environment& environment, const Request& request) {
    Problems problems;
    const Members members(request.members, request.encoding, problems);
    const auto name = read_stream_name(members);
    const auto first_text = members.text("ShardToMerge", required(name_rule()));
    const auto second_text = members.text("AdjacentShardToMerge", required(name_rule()));
    if (auto refusal = problems.refusal()) return *refusal;
    const auto stream = environment.store.find(*name);
    if (stream == nullptr) return stream_not_found(*name);
    const Shard* const first = find_shard(*stream, *first_text);
    if (first == nullptr) return no_shard_found(*first_text, *name);
    const Shard* const second = find_shard(*stream, *second_text);
    if (second == nullptr) return no_shard_found(*second_text, *name);

    // In either order.
    const bool rising = first->first_hash_key < second->first_hash_key;
    const Shard& low = rising ? *first : *second;
    const Shard& high = rising ? *second : *first;
    if (low.last_hash_key >= high.first_hash_key ||
        key_after(low.last_hash_key) != high.first_hash_key) {
        return invalid_argument(concat(
            {"Shards ", first->id, " and ", second->id, " in stream ", *name, " under account ",
             account, " are not an adjacent pair of shards eligible for merging"}));
    }
    const auto error = environment.store.reshard(*stream,
                                                 {{.first_hash_key = low.first_hash_key,
                                                   .last_hash_key = high.last_hash_key,
                                                   .parent = first->number,
                                                   .adjacent_parent = second->number}},
                                                 environment.now_ms());
    if (error) return refuse(*error, *name);
    return wire::Document();
}

}  // namespace lk::local
