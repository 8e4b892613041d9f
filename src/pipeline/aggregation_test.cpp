#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "pipeline/core_script.hpp"

// Records aggregated by the shard where they are thought to go (SendQueueOptions::aggregate_bytes).

namespace lk::pipeline {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr std::uint64_t red = 7;
constexpr std::uint64_t blue = 8;
constexpr const char* throttled = "ProvisionedThroughputExceededException";

class Aggregation : public testing::Test {
  protected:
    static CoreOptions options() {
        CoreOptions changed = CoreScript::usual_options();
        changed.sending.aggregate_bytes = 4096;
        return changed;
    }
    void tell_two_shards() {
        ASSERT_TRUE(play.core.wants_shards(play.now));
        play.tell_shards({shard_between(0, 0, 0.5), shard_between(1, 0.5, 1)});
    }
    CoreScript play{options()};
};

TEST_F(Aggregation, HoldsEverythingUntilTheShardsAreKnown) {
    play.at(0.1).dispatch("a");
    play.at(0.2).dispatch("b");
    play.pass(1s);
    EXPECT_EQ(play.send().id, 0U);
    tell_two_shards();
    EXPECT_THAT(play.send().names, ElementsAre("a+b"));
}

TEST_F(Aggregation, GroupsRecordsByTheirShards) {
    tell_two_shards();
    const Pending* const a = play.at(0.1).dispatch("a");
    play.at(0.9).dispatch("b");
    play.at(0.2).dispatch("c");
    play.at(0.8).dispatch("d");
    const auto sent = play.send();
    ASSERT_THAT(sent.names, UnorderedElementsAre("a+c", "b+d"));
    for (const Parcel& parcel : sent.parcels) {
        EXPECT_TRUE(parcel.aggregated);
        const bool low = parcel.first == a;
        EXPECT_EQ(parcel.hash_key, key_at(low ? 0.1 : 0.9)) << "the first record's";
    }
    play.answer(sent, {"ok@0", "ok@1"});
    EXPECT_THAT(play.endings,
                UnorderedElementsAre("a published", "b published", "c published", "d published"));
    EXPECT_THAT(play.on_other_shard, IsEmpty());
}

TEST_F(Aggregation, AKeysRecordsFollowEachOtherAndItHasOneAggregateUnderWay) {
    tell_two_shards();
    for (const char* name : {"red 1", "red 2", "red 3"}) play.dispatch(name, red);
    play.dispatch("blue 1", blue);
    const auto first = play.send();
    EXPECT_THAT(first.names, ElementsAre("red 1+red 2+red 3+blue 1"));
    play.dispatch("red 4", red);
    play.pass(1s);
    EXPECT_EQ(play.send().id, 0U) << "red's aggregate is under way";
    play.answer(first, {"ok"});
    EXPECT_THAT(play.endings, ElementsAre("red 1 published", "red 2 published", "red 3 published",
                                          "blue 1 published"));
    play.pass(5ms);
    EXPECT_THAT(play.send().names, ElementsAre("red 4"));
}

TEST_F(Aggregation, FailedOnesComeBackInTheirOrder) {
    tell_two_shards();
    for (const char* name : {"red 1", "red 2", "red 3"}) play.dispatch(name, red);
    play.answer(play.send(), {throttled});
    play.dispatch("red 4", red);
    EXPECT_THAT(play.endings, IsEmpty());
    play.pass(10s);
    const auto again = play.send();
    EXPECT_THAT(again.names, ElementsAre("red 1+red 2+red 3+red 4"));
    play.answer(again, {"ok"});
    EXPECT_THAT(play.endings, ElementsAre("red 1 published", "red 2 published", "red 3 published",
                                          "red 4 published"));
}

TEST_F(Aggregation, AFailedRequestsRecordsComeBackInTheirOrder) {
    tell_two_shards();
    for (const char* name : {"red 1", "red 2"}) play.dispatch(name, red);
    for (const char* name : {"blue 1", "blue 2"}) play.dispatch(name, blue);
    play.fail(play.send(), FailureClass::transient, true);
    play.pass(10s);
    const auto again = play.send();
    EXPECT_THAT(again.names, testing::AnyOf(ElementsAre("red 1+red 2+blue 1+blue 2"),
                                            ElementsAre("blue 1+blue 2+red 1+red 2")));
    play.answer(again, {"ok"});
    EXPECT_EQ(play.endings.size(), 4U);
}

TEST_F(Aggregation, AnAggregateIsNoLargerThanItMayBeAndARequestHoldsSeveral) {
    tell_two_shards();
    for (int i = 0; i < 40; ++i) play.dispatch(std::to_string(i), 0, 400);
    const auto sent = play.send();
    EXPECT_GT(sent.parcels.size(), 3U);
    std::size_t records = 0;
    for (const Parcel& parcel : sent.parcels) {
        EXPECT_LE(parcel.bytes, 4096U);
        records += parcel.count;
    }
    EXPECT_EQ(records, 40U);
}

TEST_F(Aggregation, AKeyThatDoesNotFitIntoOneAggregateGoesOnInTheNext) {
    tell_two_shards();
    for (int i = 0; i < 12; ++i) play.dispatch(std::to_string(i), red, 1000);
    std::string order;
    while (order.size() < 24) {
        play.pass(5ms);
        const auto sent = play.send();
        ASSERT_EQ(sent.names.size(), 1U);
        order += sent.names[0] + "+";
        play.answer(sent, {"ok"});
        if (play.core.empty()) break;
    }
    EXPECT_EQ(order, "0+1+2+3+4+5+6+7+8+9+10+11+");
}

TEST_F(Aggregation, RecordsTooLargeForItAndThoseWithAnExplicitHashKeyGoPlain) {
    tell_two_shards();
    play.dispatch("a");
    play.dispatch("large", 0, 5000);
    play.dispatch("chosen", 0, 100, 3);
    play.dispatch("b");
    const auto sent = play.send();
    EXPECT_THAT(sent.names, ElementsAre("a+b", "large", "chosen"));
    EXPECT_FALSE(sent.parcels[1].aggregated);
    EXPECT_FALSE(sent.parcels[2].aggregated);
}

TEST_F(Aggregation, AnExplicitHashKeyEndsARunOfAKeysRecords) {
    tell_two_shards();
    play.dispatch("red 1", red);
    play.dispatch("red 2", red, 100, 3);
    play.dispatch("red 3", red);
    for (const char* name : {"red 1", "red 2", "red 3"}) {
        play.pass(5ms);
        const auto sent = play.send();
        EXPECT_THAT(sent.names, ElementsAre(name));
        play.answer(sent, {"ok"});
    }
}

TEST_F(Aggregation, ARecordAloneNeedsNoEnvelope) {
    tell_two_shards();
    play.dispatch("a");
    EXPECT_FALSE(play.send().parcels.at(0).aggregated);
}

TEST_F(Aggregation, WithoutThePermissionToListShardsRecordsGoPlain) {
    play.dispatch("a");
    play.dispatch("b");
    ASSERT_TRUE(play.core.wants_shards(play.now));
    play.core.shards_unknown({FailureClass::final, ErrorCode::access_denied, {}, {}, false},
                             play.now);
    const auto plain = play.send();
    EXPECT_THAT(plain.names, ElementsAre("a", "b"));
    play.answer_all(plain, "ok");
    play.pass(4min);
    EXPECT_FALSE(play.core.wants_shards(play.now)) << "it was refused";
    play.pass(1min);
    EXPECT_EQ(play.core.next_moment(play.now), never) << "and wakes nobody to be refused again";
    EXPECT_FALSE(play.core.wants_shards(play.now)) << "nor asks for the sake of an idle stream";
    play.dispatch("c");
    EXPECT_LE(play.core.next_moment(play.now), play.now);
    ASSERT_TRUE(play.core.wants_shards(play.now)) << "but it may have been given since";
    play.tell_shards({shard_between(0, 0, 1)});
    play.dispatch("d");
    EXPECT_THAT(play.send().names, ElementsAre("c+d"));
}

TEST_F(Aggregation, WhenTheShardsCannotBeListedForNowRecordsGoPlainAndItIsAskedAgain) {
    play.dispatch("a");
    play.dispatch("b");
    ASSERT_TRUE(play.core.wants_shards(play.now));
    play.core.shards_unknown({FailureClass::slow_down, ErrorCode::throttled, {}, {}, false},
                             play.now);
    const auto plain = play.send();
    EXPECT_THAT(plain.names, ElementsAre("a", "b"));
    play.answer_all(plain, "ok");
    play.pass(10s);
    tell_two_shards();
    play.dispatch("c");
    play.dispatch("d");
    EXPECT_THAT(play.send().names, ElementsAre("c+d"));
}

TEST_F(Aggregation, AnAggregateThatLandedElsewhereSaysSoAndTheShardsAreListedAgain) {
    tell_two_shards();
    play.dispatch("a");
    play.dispatch("b");
    play.pass(10s);
    EXPECT_FALSE(play.core.wants_shards(play.now));
    play.answer(play.send(), {"ok@5"});
    EXPECT_THAT(play.endings, ElementsAre("a published", "b published")) << "nothing is resent";
    EXPECT_THAT(play.on_other_shard, IsEmpty()) << "both have the key by which it went";
    EXPECT_LE(play.core.next_moment(play.now), play.now + 2s);
    play.pass(2s);
    EXPECT_TRUE(play.core.wants_shards(play.now));
}

TEST_F(Aggregation, OnlyWhatMayStandOnAnotherShardThanItsKeysOwnIsSaidTo) {
    tell_two_shards();
    play.at(0.1).dispatch("first");
    play.at(0.2).dispatch("second");
    play.answer(play.send(), {"ok@2"});
    EXPECT_THAT(play.on_other_shard, ElementsAre("second")) << "nobody knows shard 2 yet";
    play.on_other_shard.clear();
    play.pass(5s);
    play.at(0.1).dispatch("third");
    play.at(0.2).dispatch("fourth");
    play.at(0.3).dispatch("fifth");
    const auto under_way = play.send();
    ASSERT_TRUE(play.core.wants_shards(play.now));
    play.tell_shards(
        {shard_between(2, 0, 0.25), shard_between(3, 0.25, 0.5), shard_between(1, 0.5, 1)});
    play.answer(under_way, {"ok@2"});
    EXPECT_THAT(play.on_other_shard, ElementsAre("fifth"));
}

TEST_F(Aggregation, APlainRecordThatLandedElsewhereIsNotSaidToStandWrong) {
    tell_two_shards();
    play.dispatch("a");
    play.answer(play.send(), {"ok@5"});
    EXPECT_THAT(play.endings, ElementsAre("a published"));
    EXPECT_THAT(play.on_other_shard, IsEmpty());
}

TEST_F(Aggregation, AfterASplitRecordsGoWithTheChildrenThatHoldTheirKeys) {
    tell_two_shards();
    play.at(0.1).dispatch("red 1", red);
    play.at(0.4).dispatch("blue 1", blue);
    const auto whole = play.send();
    EXPECT_THAT(whole.names, ElementsAre("red 1+blue 1"));
    for (const char* name : {"red 2", "red 3"}) play.at(0.1).dispatch(name, red);
    for (const char* name : {"blue 2", "blue 3"}) play.at(0.4).dispatch(name, blue);
    play.tell_shards(
        {shard_between(2, 0, 0.25), shard_between(3, 0.25, 0.5), shard_between(1, 0.5, 1)});
    play.answer(whole, {throttled});
    play.pass(10s);
    const auto again = play.send();
    EXPECT_THAT(again.names, UnorderedElementsAre("red 1+red 2+red 3", "blue 1+blue 2+blue 3"));
}

// Shards are found for some records more than the request has room for.
TEST_F(Aggregation, AfterASplitTheShardsThatWereFoundAheadAreFoundAnew) {
    tell_two_shards();
    std::vector<const Pending*> records;
    for (std::size_t i = 0; i < max_request_records + 20; ++i) {
        constexpr std::array places{0.1, 0.4, 0.6, 0.9};
        records.push_back(play.at(places[i % 4]).dispatch(std::to_string(i), 0, 3000));
    }
    ASSERT_EQ(play.send().names.size(), max_request_records);
    const auto left = std::span(records).subspan(max_request_records);
    const auto found = std::ranges::count_if(
        left, [](const Pending* record) { return record->shard != no_shard; });
    EXPECT_GT(found, 1) << "the test is about those";
    EXPECT_LT(found, std::ssize(left));
    play.tell_shards(
        {shard_between(2, 0, 0.25), shard_between(3, 0.25, 0.5), shard_between(1, 0.5, 1)});
    play.pass(5ms);
    ASSERT_EQ(play.send().names.size(), left.size());
    for (std::size_t i = 0; i < left.size(); ++i) {
        const ShardMap& shards = play.core.sending().shards();
        constexpr std::array expected{2, 3, 1, 1};
        EXPECT_EQ(shards.id_of(left[i]->shard), shard_between(expected[i % 4], 0, 1).shard_id) << i;
    }
}

TEST_F(Aggregation, WhatAThrottledShardHoldsIsCountedRightThroughASplit) {
    CoreOptions small = options();
    small.sending.most_held_by_shard = 1000;
    CoreScript script(small);
    ASSERT_TRUE(script.core.wants_shards(script.now));
    script.tell_shards({shard_between(0, 0, 1)});
    script.at(0.1).dispatch("a");
    script.answer(script.send(), {std::string(throttled) + "@0"});
    for (int i = 0; i < 20; ++i) script.at(0.1).dispatch("red " + std::to_string(i), red);
    EXPECT_EQ(script.core.sending().full_shards().size(), 1U);
    script.tell_shards({shard_between(1, 0, 0.5), shard_between(2, 0.5, 1)});
    EXPECT_THAT(script.core.sending().full_shards(), IsEmpty()) << "nobody throttles the children";
    for (int i = 0; i < 1000 && !script.core.empty(); ++i) {
        script.pass(100ms);
        for (auto sent = script.send(); sent.id != 0; sent = script.send()) {
            script.answer_all(sent, "ok@1");
        }
    }
    EXPECT_TRUE(script.core.empty());
    script.at(0.1).dispatch("b");
    script.pass(5ms);
    script.answer(script.send(), {std::string(throttled) + "@1"});
    EXPECT_THAT(script.core.sending().full_shards(), IsEmpty()) << "it holds one record";
}

TEST_F(Aggregation, HalvesOfARefusedAggregateNameTheGuiltyAlone) {
    tell_two_shards();
    for (const char* name : {"a", "b", "guilty", "d"}) play.dispatch(name);
    play.at(0.9).dispatch("e");
    int requests = 0;
    for (int i = 0; i < 100 && !play.core.empty(); ++i) {
        play.pass(1s);
        const auto sent = play.send();
        if (sent.id == 0) continue;
        ++requests;
        bool has_guilty = false;
        for (const std::string& name : sent.names) {
            has_guilty |= name.find("guilty") != std::string::npos;
        }
        if (has_guilty) {
            play.fail(sent, FailureClass::invalid);
        } else {
            play.answer_all(sent, "ok");
        }
    }
    EXPECT_LE(requests, 9);
    EXPECT_THAT(play.endings, UnorderedElementsAre("a published", "b published", "guilty failed",
                                                   "d published", "e published"));
}

TEST_F(Aggregation, HalvesKeepTheOrderOfAKeysRecords) {
    tell_two_shards();
    for (const char* name : {"red 1", "red 2", "red 3", "red 4"}) play.dispatch(name, red);
    play.at(0.9).dispatch("blue 1", blue);
    play.fail(play.send(), FailureClass::invalid);
    std::vector<std::string> order;
    for (int i = 0; i < 100 && !play.core.empty(); ++i) {
        play.pass(5ms);
        const auto sent = play.send();
        if (sent.id == 0) continue;
        for (const std::string& name : sent.names) {
            if (name.find("red") != std::string::npos) order.push_back(name);
        }
        play.answer_all(sent, "ok");
    }
    EXPECT_THAT(order, ElementsAre("red 1+red 2+red 3+red 4"));
}

TEST_F(Aggregation, DeadlinesPassInHalvesAndWhatIsLeftGoes) {
    tell_two_shards();
    play.dispatch("red 1", red);
    const auto first = play.send();
    play.pass(60s);
    play.dispatch("red 2", red);
    play.answer(first, {"ok"});
    play.pass(5ms);
    play.at(0.9).dispatch("blue 1", blue);
    const auto second = play.send();
    ASSERT_EQ(second.names.size(), 2U);
    play.now += 30s;
    play.at(0).dispatch("red 3", red);
    play.fail(second, FailureClass::invalid);
    play.pass(90s);
    EXPECT_THAT(play.endings,
                UnorderedElementsAre("red 1 published", "red 2 failed", "blue 1 failed"));
    EXPECT_EQ(play.released.size(), 1U) << "they are still part of halves";
    const auto third = play.send();
    EXPECT_THAT(third.names, ElementsAre("red 3"));
    EXPECT_EQ(play.released.size(), 3U);
}

TEST_F(Aggregation, RecordsThatAreTooLateInFlightAreUnknownAndTheAggregatesOthersComeBack) {
    tell_two_shards();
    play.dispatch("red 1", red);
    play.answer(play.send(), {throttled});
    play.now += 60s;
    play.dispatch("red 2", red);
    const auto again = play.send();
    ASSERT_THAT(again.names, ElementsAre("red 1+red 2"));
    play.pass(60s);
    EXPECT_THAT(play.endings, ElementsAre("red 1 unknown"));
    play.answer(again, {throttled});
    EXPECT_THAT(play.released, ElementsAre("red 1"));
    play.pass(10s);
    EXPECT_THAT(play.send().names, ElementsAre("red 2"));
}

}  // namespace
}  // namespace lk::pipeline
