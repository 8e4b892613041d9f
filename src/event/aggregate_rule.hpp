#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "event/hash_key.hpp"

namespace lk::event {

/// A shard's hash keys; both ends belong to it.
struct HashKeyRange {
    HashKey first;
    HashKey last;

    [[nodiscard]] constexpr bool contains(HashKey key) const noexcept {
        return first <= key && key <= last;
    }
};

/// Where the hash of a user record lies, as the Kinesis Client Library sees it.
enum class HashPlace {
    inside,
    outside,     ///< In another shard, or a number that is no hash key.
    unreadable,  ///< The explicit hash key is no number at all.
};

/// The hash is the explicit hash key where there is one, read as leniently as Java's BigInteger
/// does (a sign, leading zeros, any length; but ASCII digits alone), else the partition key's MD5.
[[nodiscard]] HashPlace hash_place(std::string_view partition_key,
                                   const std::optional<std::string_view>& explicit_hash_key,
                                   const HashKeyRange& shard);

/// How many of an aggregate's user records, from the first on, the Kinesis Client Library hands to
/// the consumer of a shard: all of them, as a rule. None if it meets one whose hash lies outside
/// the shard that the aggregate was read from; those before the first unreadable one if it meets
/// that first (awslabs/amazon-kinesis-client, AggregatorUtil.java, deaggregate()). `records`: a
/// range of anything with a partition_key and an optional explicit_hash_key.
template <typename Records>
[[nodiscard]] std::size_t records_kept_by_kcl(const Records& records, const HashKeyRange& shard) {
    std::size_t kept = 0;
    for (const auto& record : records) {
        switch (hash_place(record.partition_key, record.explicit_hash_key, shard)) {
            case HashPlace::inside: ++kept; break;
            case HashPlace::outside: return 0;
            case HashPlace::unreadable: return kept;
        }
    }
    return kept;
}

}  // namespace lk::event
