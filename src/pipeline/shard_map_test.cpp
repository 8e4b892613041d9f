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
    Shard endless = shard_between(0, 0, 1);
    endless.shard_id.resize(ShardMap::longest_id + 1, '0');
    const std::vector<Shards> refused = {
        {},
        {shard_between(0, 0, 0.5), shard_between(1, 0.75, 1)},
        {shard_between(0, 0, 0.5), shard_between(1, 0.25, 1)},
        {shard_between(0, 0, 1), shard_between(1, 0, 1)},
        {shard_between(0, 0.25, 1)},
        {shard_between(0, 0, 0.75)},
        {backwards},
        {garbage},
        Shards(ShardMap::most_listed + 1, shard_between(0, 0, 1)),
        {endless},
    };
    for (const Shards& shards : refused) {
        EXPECT_FALSE(map.told(shards));
        EXPECT_TRUE(map.is_told());
        EXPECT_EQ(map.id_of(map.shard_of(key_at(0.6))), shard_name(7)) << "nothing has changed";
        EXPECT_EQ(map.known(), 1U);
    }
}

TEST(ShardMap, TakesAListOfTensOfThousands) {
    constexpr int count = 32'768;
    const auto list = [&](int first) {
        Shards shards;
        for (int i = 0; i < count; ++i) {
            shards.push_back(shard_between(first + i, double(i) / count, double(i + 1) / count));
        }
        return shards;
    };
    ShardMap map;
    for (int first = 0; first < 3 * count; first += count) {
        ASSERT_TRUE(map.told(list(first)));
        EXPECT_EQ(map.known(), static_cast<std::size_t>(count));
        EXPECT_FALSE(map.has_learned_too_much());
        EXPECT_EQ(map.id_of(map.shard_of(key_at(0.5))), shard_name(first + count / 2));
    }
}

TEST(ShardMap, ForgetsWhatAnswersNamedOnceThatIsMoreThanThereCanBe) {
    for (const bool told : {false, true}) {
        ShardMap map;
        ASSERT_EQ(told && map.told(Shards{shard_between(0, 0, 1)}), told);
        const ShardIndex first = map.index_of(shard_name(1));
        int number = 1;
        while (!map.has_learned_too_much()) {
            map.landed(key_at(0.5), map.index_of(shard_name(++number)));
        }
        EXPECT_EQ(static_cast<std::size_t>(number), ShardMap::most_learned);
        map.forget_learned();
        EXPECT_EQ(map.known(), told ? 1U : 0U);
        EXPECT_FALSE(map.knows(first));
        EXPECT_NE(map.index_of(shard_name(1)), first);
        EXPECT_EQ(map.shard_of(key_at(0.5)) == no_shard, !told);
    }
}

TEST(ShardMap, LearnsNoNameThatIsTooLongForAShard) {
    ShardMap map;
    EXPECT_EQ(map.index_of(std::string(ShardMap::longest_id + 1, 'x')), no_shard);
    EXPECT_NE(map.index_of(std::string(ShardMap::longest_id, 'x')), no_shard);
    EXPECT_EQ(map.known(), 1U);
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
