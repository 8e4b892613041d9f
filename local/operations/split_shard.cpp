#include "local/concat.hpp"
#include "local/operations/members.hpp"
#include "local/operations/operations.hpp"
#include "local/operations/rules.hpp"

namespace lk::local {

Outcome split_shard(const Environment& environment, const Request& request) {
    Problems problems;
    const Members members(request.members, request.encoding, problems);
    const auto name = read_stream_name(members);
    const auto shard_text = members.text("ShardToSplit", required(name_rule()));
    const auto key_text = members.text("NewStartingHashKey", required(hash_key_rule()));
    if (auto refusal = problems.refusal()) return *refusal;
    const auto stream = environment.store.find(*name);
    if (stream == nullptr) return stream_not_found(*name);
    const Shard* const shard = find_shard(*stream, *shard_text);
    if (shard == nullptr) return no_shard_found(*shard_text, *name);

    const auto key = event::parse_hash_key(*key_text);
    // Either child gets two keys at least, as Kinesis has it.
    if (!key || *key <= key_after(shard->first_hash_key) || shard->first_hash_key > *key ||
        *key >= shard->last_hash_key) {
        return invalid_argument(concat(
            {"NewStartingHashKey ", *key_text, " used in SplitShard() on shard ", shard->id,
             " in stream ", *name, " under account ", account,
             " is not both greater than one plus the shard's StartingHashKey ",
             event::to_decimal(shard->first_hash_key), " and less than the shard's EndingHashKey ",
             event::to_decimal(shard->last_hash_key), "."}));
    }
    const auto error = environment.store.reshard(
        *stream,
        {{.first_hash_key = shard->first_hash_key,
          .last_hash_key = key_before(*key),
          .parent = shard->number},
         {.first_hash_key = *key, .last_hash_key = shard->last_hash_key, .parent = shard->number}},
        environment.now_ms());
    if (error) return refuse(*error, *name);
    return wire::Document();
}

}  // namespace lk::local
