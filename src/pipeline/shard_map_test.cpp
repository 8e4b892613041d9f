#include "pipeline/shard_map.hpp"

#include <gtest/gtest.h>

#include "pipeline/core_script.hpp"

namespace lk::pipeline {
namespace {

using Shards = std::vector<Shard>;

TEST(ShardMap, KnowsNoShardBeforeItIsToldOne) {
    const ShardMap map;
    EXPECT_FALSE(map.is_told());
    EXPECT_EQ(map.shard_of(key_at(0.3)), no_shard);
}

TEST(ShardMap, FindsTheShardWhoseRangeHoldsTheHashKeyAtBothItsEnds) {
    ShardMap map;
    const Shards shards{shard_between(2, 0.5, 1), shard_between(0, 0, 0.25),
                        shard_between(1, 0.25, 0.5)};
    ASSERT_TRUE(map.told(shards));
    EXPECT_EQ(map.size(), 3U);
    for (const Shard& shard : shards) {
        const ShardIndex index = map.index_of(shard.shard_id);
        EXPECT_EQ(map.shard_of(*event::parse_hash_key(shard.starting_hash_key)), index);
        EXPECT_EQ(map.shard_of(*event::parse_hash_key(shard.ending_hash_key)), index);
    }
}

TEST(ShardMap, OverlooksClosedShards) {
    ShardMap map;
    Shard closed = shard_between(0, 0, 1);
    closed.open = false;
    ASSERT_TRUE(map.told(Shards{closed, shard_between(1, 0, 0.5), shard_between(2, 0.5, 1)}));
    EXPECT_EQ(map.id_of(map.shard_of(key_at(0.75))), shard_name(2));
}

TEST(ShardMap, RefusesShardsThatDoNotCoverTheHashKeysOnceEach) {
    ShardMap map;
    ASSERT_TRUE(map.told(Shards{shard_between(7, 0, 1)}));
    Shard backwards = shard_between(0, 0, 1);
    std::swap(backwards.starting_hash_key, backwards.ending_hash_key);
    Shard garbage = shard_between(0, 0, 1);
    garbage.ending_hash_key = "many";
    const std::vector<Shards> refused = {
        {},
        {shard_between(0, 0, 0.5), shard_between(1, 0.75, 1)},
        {shard_between(0, 0, 0.5), shard_between(1, 0.25, 1)},
        {shard_between(0, 0, 1), shard_between(1, 0, 1)},
        {shard_between(0, 0.25, 1)},
        {shard_between(0, 0, 0.75)},
        {backwards},
        {garbage},
    };
    for (const Shards& shards : refused) {
        EXPECT_FALSE(map.told(shards));
        EXPECT_TRUE(map.is_told());
        EXPECT_EQ(map.id_of(map.shard_of(key_at(0.6))), shard_name(7)) << "nothing has changed";
    }
}

TEST(ShardMap, ASplitMakesTheParentVanishAndIndexesKeepTheirMeaning) {
    ShardMap map;
    ASSERT_TRUE(map.told(Shards{shard_between(0, 0, 0.5), shard_between(1, 0.5, 1)}));
    const ShardIndex parent = map.shard_of(key_at(0.2));
    const ShardIndex other = map.shard_of(key_at(0.8));
    ASSERT_TRUE(map.told(
        Shards{shard_between(1, 0.5, 1), shard_between(2, 0, 0.25), shard_between(3, 0.25, 0.5)}));
    EXPECT_EQ(map.range_of(parent), nullptr);
    EXPECT_FALSE(map.is_open(parent));
    EXPECT_EQ(map.id_of(parent), shard_name(0));
    EXPECT_EQ(map.shard_of(key_at(0.8)), other);
    EXPECT_TRUE(map.is_open(other));
    EXPECT_EQ(map.id_of(map.shard_of(key_at(0.2))), shard_name(2));
    EXPECT_EQ(map.id_of(map.shard_of(key_at(0.3))), shard_name(3));
}

TEST(ShardMap, LearnsOfEachShardTheRangeThatWasSeenToLandThere) {
    ShardMap map;
    const ShardIndex low = map.index_of(shard_name(0));
    const ShardIndex high = map.index_of(shard_name(1));
    map.landed(key_at(0.1), low);
    map.landed(key_at(0.3), low);
    map.landed(key_at(0.9), high);
    EXPECT_FALSE(map.is_told());
    EXPECT_EQ(map.shard_of(key_at(0.2)), low);
    EXPECT_EQ(map.shard_of(key_at(0.9)), high);
    EXPECT_EQ(map.shard_of(key_at(0.05)), no_shard);
    EXPECT_EQ(map.shard_of(key_at(0.4)), no_shard);
    EXPECT_EQ(map.shard_of(key_at(0.95)), no_shard);
    map.landed(key_at(0.2), low);
    EXPECT_EQ(map.size(), 2U);
}

TEST(ShardMap, ALandingInAnothersLearnedRangeShowsThatTheOtherHasGone) {
    ShardMap map;
    const ShardIndex parent = map.index_of(shard_name(0));
    const ShardIndex child = map.index_of(shard_name(1));
    map.landed(key_at(0.1), parent);
    map.landed(key_at(0.9), parent);
    map.landed(key_at(0.5), child);
    EXPECT_EQ(map.shard_of(key_at(0.5)), child);
    EXPECT_EQ(map.shard_of(key_at(0.2)), no_shard);
    EXPECT_FALSE(map.is_open(parent));
    map.landed(key_at(0.1), parent);
    map.landed(key_at(0.6), child);
    EXPECT_EQ(map.shard_of(key_at(0.55)), child);
    EXPECT_EQ(map.shard_of(key_at(0.1)), parent);
}

TEST(ShardMap, WhatWasToldOutweighsLandingsUntilItIsForgotten) {
    ShardMap map;
    ASSERT_TRUE(map.told(Shards{shard_between(0, 0, 1)}));
    map.landed(key_at(0.5), map.index_of(shard_name(9)));
    EXPECT_EQ(map.id_of(map.shard_of(key_at(0.5))), shard_name(0));
    map.forget();
    EXPECT_EQ(map.shard_of(key_at(0.5)), no_shard);
    map.landed(key_at(0.5), map.index_of(shard_name(9)));
    EXPECT_EQ(map.id_of(map.shard_of(key_at(0.5))), shard_name(9));
}

}  // namespace
}  // namespace lk::pipeline
