#include "local/store/stream.hpp"

#include <gtest/gtest.h>

namespace lk::local {
namespace {

Stream stream_of(int shards) {
    return Stream({.name = "s", .shards = shards});
}

event::HashKey key(std::string_view decimal) {
    return event::parse_hash_key(decimal).value();
}

event::HashKey next(event::HashKey key) {
    ++key.low;
    if (key.low == 0) ++key.high;
    return key;
}

// AWS's own split of two and three shards
// (https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeStream.html).
TEST(Stream, SplitsTheHashKeysAsKinesisDoes) {
    const Stream two = stream_of(2);
    EXPECT_EQ(two.shards()[0]->last_hash_key, key("170141183460469231731687303715884105727"));
    EXPECT_EQ(two.shards()[1]->first_hash_key, key("170141183460469231731687303715884105728"));
    EXPECT_EQ(two.shards()[1]->last_hash_key, key("340282366920938463463374607431768211455"));
    const Stream three = stream_of(3);
    EXPECT_EQ(three.shards()[0]->last_hash_key, key("113427455640312821154458202477256070484"));
    EXPECT_EQ(three.shards()[1]->last_hash_key, key("226854911280625642308916404954512140969"));
}

TEST(Stream, LeavesNoGapBetweenShards) {
    for (const int shards : {1, 2, 3, 4, 7, 100, 1000}) {
        const Stream stream = stream_of(shards);
        ASSERT_EQ(stream.shards().size(), static_cast<std::size_t>(shards));
        EXPECT_EQ(stream.shards().front()->first_hash_key, event::HashKey{});
        EXPECT_EQ(stream.shards().back()->last_hash_key, (event::HashKey{~0ULL, ~0ULL}));
        for (std::size_t index = 1; index < stream.shards().size(); ++index) {
            EXPECT_EQ(next(stream.shards()[index - 1]->last_hash_key),
                      stream.shards()[index]->first_hash_key);
        }
    }
}

TEST(Stream, FindsTheShardOnBothSidesOfEachBorder) {
    for (const int shards : {1, 2, 3, 5, 64}) {
        const Stream stream = stream_of(shards);
        for (const auto& shard : stream.shards()) {
            EXPECT_EQ(&stream.shard_of(shard->first_hash_key), shard.get());
            EXPECT_EQ(&stream.shard_of(shard->last_hash_key), shard.get());
        }
    }
}

TEST(Stream, NamesShardsInTwelveDigits) {
    EXPECT_EQ(shard_id(0), "shardId-000000000000");
    EXPECT_EQ(shard_id(9'999), "shardId-000000009999");
    const Stream stream = stream_of(2);
    EXPECT_EQ(stream.shard(1)->id, "shardId-000000000001");
    EXPECT_EQ(stream.shard(2), nullptr);
    EXPECT_EQ(stream.shard(-1), nullptr);
}

}  // namespace
}  // namespace lk::local
