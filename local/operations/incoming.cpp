#include "local/operations/incoming.hpp"

#include "local/concat.hpp"

namespace lk::local {

Expected<Shard*, Refusal> route(const Stream& stream, const ShardMap& map, const Incoming& record,
                                std::size_t number) {
    if (record.bytes() > stream.facts().max_record_bytes) {
        return invalid_argument(
            "Record " + std::to_string(number) + " has " + std::to_string(record.bytes()) +
            " bytes of data and partition key; the limit of stream " + stream.name() + " is " +
            std::to_string(stream.facts().max_record_bytes) + " bytes.");
    }
    if (!record.explicit_hash_key) {
        return &map.shard_of(event::hash_of_partition_key(record.partition_key));
    }
    const auto key = event::parse_hash_key(*record.explicit_hash_key);
    if (!key) {
        return invalid_argument(
            concat({"Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. "
                    "Specified value was ",
                    *record.explicit_hash_key}));
    }
    return &map.shard_of(*key);
}

}  // namespace lk::local
