#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/core_script.hpp"

// How records wait, and for what: company, a shard's rate, the share of retries.

namespace lk::pipeline {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint64_t red = 7;
const std::string throttled = "ProvisionedThroughputExceededException";
const std::string throttled_by_0 = throttled + "@0";

class SendQueueTest : public testing::Test {
  protected:
    static std::vector<Shard> two_shards() {
        return {shard_between(0, 0, 0.5), shard_between(1, 0.5, 1)};
    }
    // A record for shard 0 was throttled, so that shard has a rate; nothing else waits.
    void throttle_shard_0() {
        play.at(0.1).dispatch("guinea pig");
        play.answer(play.send(), {throttled_by_0});
        ASSERT_TRUE(play.core.wants_shards(play.now));
        play.tell_shards(two_shards());
        run_dry();
        play.endings.clear();
    }
    // Answers everything, each with the shard it is for, until nothing is left.
    void run_dry() {
        for (int i = 0; i < 100'000 && !play.core.empty(); ++i) {
            play.pass(10ms);
            for (auto sent = play.send(); sent.id != 0; sent = play.send()) answer_by_place(sent);
        }
        ASSERT_TRUE(play.core.empty());
    }
    void answer_by_place(const CoreScript::Sent& sent) {
        std::vector<std::string> words;
        for (const Parcel& parcel : sent.parcels) {
            const ShardIndex shard = play.core.sending().shard_of(*parcel.first);
            words.push_back(shard == 1 ? "ok@1" : "ok@0");
        }
        play.answer(sent, words);
    }
    CoreScript play;
};

TEST_F(SendQueueTest, AThrottledShardHoldsUpNobodyElse) {
    throttle_shard_0();
    for (int i = 0; i < 5000; ++i) play.at(0.1).dispatch("slow " + std::to_string(i));
    for (int i = 0; i < 400; ++i) play.at(0.9).dispatch("quick " + std::to_string(i));
    play.pass(5ms);
    int quick = 0;
    for (auto sent = play.send(); sent.id != 0; sent = play.send()) {
        for (const std::string& name : sent.names) quick += name.starts_with("quick") ? 1 : 0;
        answer_by_place(sent);
    }
    EXPECT_EQ(quick, 400);
}

TEST_F(SendQueueTest, ItsRecordsGoAtItsRate) {
    throttle_shard_0();
    for (int i = 0; i < 20'000; ++i) play.at(0.1).dispatch(std::to_string(i));
    std::size_t sent_in_ten_seconds = 0;
    for (const TimePoint end = play.now + 10s; play.now < end;) {
        for (auto sent = play.send(); sent.id != 0; sent = play.send()) {
            sent_in_ten_seconds += sent.names.size();
            answer_by_place(sent);
        }
        const TimePoint next = play.core.next_moment(play.now);
        ASSERT_GT(next, play.now) << "nothing to do now, and it says so";
        play.pass(std::min<Duration>(next - play.now, 1s));
    }
    EXPECT_GT(sent_in_ten_seconds, 500U) << "the first throttling is no reason to stop";
    EXPECT_LT(sent_in_ten_seconds, 20'000U);
}

TEST_F(SendQueueTest, SendsFasterAgainWhenNothingIsThrottled) {
    throttle_shard_0();
    const auto in_a_second = [&] {
        std::size_t count = 0;
        for (int tick = 0; tick < 100; ++tick) {
            for (int i = 0; i < 60; ++i) play.at(0.1).dispatch("r");
            play.pass(10ms);
            for (auto sent = play.send(); sent.id != 0; sent = play.send()) {
                count += sent.names.size();
                answer_by_place(sent);
            }
        }
        return count;
    };
    in_a_second();
    const std::size_t before = in_a_second();
    for (int i = 0; i < 20; ++i) in_a_second();
    EXPECT_GT(in_a_second(), before);
}

TEST_F(SendQueueTest, OrderOfAKeyHoldsOnAThrottledShard) {
    throttle_shard_0();
    for (int i = 0; i < 20; ++i) play.at(0.1).dispatch(std::to_string(i), red);
    run_dry();
    std::vector<std::string> expected;
    for (int i = 0; i < 20; ++i) expected.push_back(std::to_string(i) + " published");
    EXPECT_EQ(play.endings, expected);
}

TEST_F(SendQueueTest, ANewMapOfTheShardsMovesWhatWaitsForOneThatHasClosed) {
    throttle_shard_0();
    for (int i = 0; i < 5000; ++i) play.at(0.1).dispatch(std::to_string(i));
    play.pass(5ms);
    for (auto sent = play.send(); sent.id != 0; sent = play.send()) answer_by_place(sent);
    ASSERT_FALSE(play.core.empty());
    play.tell_shards(
        {shard_between(2, 0, 0.25), shard_between(3, 0.25, 0.5), shard_between(1, 0.5, 1)});
    // Nobody throttles the children.
    std::size_t requests = 0;
    for (const Duration linger : {Duration::zero(), Duration(5ms)}) {
        play.pass(linger);
        for (auto sent = play.send(); sent.id != 0; sent = play.send()) {
            ++requests;
            play.answer_all(sent, "ok@2");
        }
    }
    EXPECT_TRUE(play.core.empty());
    EXPECT_LE(requests, 11U);
    EXPECT_EQ(play.endings.size(), 5000U);
}

TEST_F(SendQueueTest, AWrongGuessMovesNothingThatIsStored) {
    throttle_shard_0();
    play.at(0.1).dispatch("a");
    play.pass(1s);
    play.answer(play.send(), {"ok@9"});
    EXPECT_THAT(play.endings, ElementsAre("a published"));
    EXPECT_TRUE(play.core.empty());
    play.pass(10s);
    EXPECT_EQ(play.send().id, 0U);
    EXPECT_TRUE(play.core.wants_shards(play.now)) << "but the map is asked for anew";
}

TEST_F(SendQueueTest, WhereTheShardsMayNotBeListedTheyAreLearnedFromLandings) {
    for (int i = 0; i < 200; ++i) play.at(i % 2 == 0 ? 0.1 : 0.9).dispatch(std::to_string(i));
    const auto first = play.send();
    ASSERT_EQ(first.names.size(), 200U);
    std::vector<std::string> words;
    for (int i = 0; i < 200; ++i) words.push_back(i % 2 == 0 ? throttled_by_0 : "ok@1");
    play.answer(first, words);
    ASSERT_TRUE(play.core.wants_shards(play.now));
    play.core.shards_unknown({FailureClass::final, ErrorCode::access_denied, {}, {}, false},
                             play.now);
    for (int i = 0; i < 3000 && !play.core.empty(); ++i) {
        play.pass(10ms);
        for (auto sent = play.send(); sent.id != 0; sent = play.send()) {
            std::vector<std::string> places;
            for (const std::string& name : sent.names) {
                places.push_back(std::stoi(name) % 2 == 0 ? "ok@0" : "ok@1");
            }
            play.answer(sent, places);
        }
    }
    EXPECT_TRUE(play.core.empty());
    EXPECT_EQ(play.core.sending().shards().size(), 1U);
    EXPECT_FALSE(play.core.sending().shards().is_told());
}

TEST_F(SendQueueTest, AShardThatHoldsMoreThanItsShareIsFlaggedAndClearedAgain) {
    CoreOptions options = CoreScript::usual_options();
    options.sending.most_held_by_shard = 10'000;
    CoreScript script(options);
    script.at(0.1).dispatch("a");
    script.answer(script.send(), {throttled_by_0});
    ASSERT_TRUE(script.core.wants_shards(script.now));
    script.tell_shards(two_shards());
    EXPECT_THAT(script.core.sending().full_shards(), IsEmpty());
    const auto before = script.core.sending().full_version();
    for (int i = 0; i < 200; ++i) script.at(0.9).dispatch("other");
    EXPECT_THAT(script.core.sending().full_shards(), IsEmpty()) << "that shard does not throttle";
    for (int i = 0; i < 200; ++i) script.at(0.1).dispatch("r");
    EXPECT_NE(script.core.sending().full_version(), before);
    const auto full = script.core.sending().full_shards();
    ASSERT_EQ(full.size(), 1U);
    EXPECT_EQ(full[0].first, key_at(0));
    EXPECT_LT(full[0].last, key_at(0.5));
    const auto when_full = script.core.sending().full_version();
    for (int i = 0; i < 1000 && !script.core.empty(); ++i) {
        script.pass(10ms);
        for (auto sent = script.send(); sent.id != 0; sent = script.send()) {
            script.answer_all(sent, "ok@0");
        }
    }
    ASSERT_TRUE(script.core.empty());
    EXPECT_THAT(script.core.sending().full_shards(), IsEmpty());
    EXPECT_NE(script.core.sending().full_version(), when_full);
}

TEST_F(SendQueueTest, DeadlinesAndDiscardsTakeRecordsFromALimitedShardsQueue) {
    throttle_shard_0();
    for (int i = 0; i < 5000; ++i) play.at(0.1).dispatch(std::to_string(i));
    play.pass(120s);
    for (auto sent = play.send(); sent.id != 0; sent = play.send()) answer_by_place(sent);
    EXPECT_EQ(play.endings.size(), 5000U);
    EXPECT_TRUE(play.core.empty());
    EXPECT_EQ(play.core.next_moment(play.now), never);
}

TEST_F(SendQueueTest, ACapHoldsFromTheFirstRecordOn) {
    CoreOptions options = CoreScript::usual_options();
    options.sending.highest_rate = 0.1;
    CoreScript script(options);
    ASSERT_TRUE(script.core.wants_shards(script.now));
    script.tell_shards({shard_between(0, 0, 1)});
    for (int i = 0; i < 5000; ++i) script.dispatch("r");
    std::size_t count = 0;
    for (int i = 0; i < 1000; ++i) {
        for (auto sent = script.send(); sent.id != 0; sent = script.send()) {
            count += sent.names.size();
            script.answer_all(sent, "ok");
        }
        script.pass(10ms);
    }
    EXPECT_NEAR(static_cast<double>(count), 1000, 150);
}

// What is sent within ten seconds to a stream whose shards may not be listed.
std::vector<int> sent_below_a_cap(double highest_rate, int shards) {
    CoreOptions options = CoreScript::usual_options();
    options.sending.highest_rate = highest_rate;
    CoreScript script(options);
    EXPECT_TRUE(script.core.wants_shards(script.now));
    script.core.shards_unknown({FailureClass::final, ErrorCode::access_denied, {}, {}, false},
                               script.now);
    for (int i = 0; i < 6000; ++i) {
        const int shard = i % shards;
        script.at((shard + 0.5) / shards).dispatch(std::to_string(shard));
    }
    std::vector<int> sent(static_cast<std::size_t>(shards));
    for (int tick = 0; tick < 1000; ++tick) {
        for (auto request = script.send(); request.id != 0; request = script.send()) {
            std::vector<std::string> words;
            for (const std::string& name : request.names) {
                ++sent[static_cast<std::size_t>(std::stoi(name))];
                words.push_back("ok@" + name);
            }
            script.answer(request, words);
        }
        script.pass(10ms);
    }
    return sent;
}

TEST_F(SendQueueTest, ACapHoldsAlsoWhereTheShardsMayNotBeListed) {
    EXPECT_NEAR(sent_below_a_cap(0.1, 1)[0], 1000, 150);
    for (const int sent : sent_below_a_cap(0.1, 4)) EXPECT_NEAR(sent, 1000, 150);
}

// A large record went to shard 0 when it was not known where to. That shard, and no other, must pay
// for it, however it becomes known, and whatever it throttles meanwhile.
TEST_F(SendQueueTest, WhatWasSentBeforeItsShardWasKnownCountsForItsCap) {
    for (const std::string how : {"landing", "throttling", "list"}) {
        CoreOptions options = CoreScript::usual_options();
        options.sending.highest_rate = 0.01;
        CoreScript script(options);
        ASSERT_TRUE(script.core.wants_shards(script.now));
        script.core.shards_unknown({FailureClass::final, ErrorCode::access_denied, {}, {}, false},
                                   script.now);
        script.at(0.9).dispatch("other");
        script.at(0.1).dispatch("first");
        script.dispatch("large", 0, 512 * 1024);  // fifty seconds of it
        auto sent = script.send();
        ASSERT_THAT(sent.names, ElementsAre("other", "first", "large"));
        script.answer(sent, {"ok@1", how == "throttling" ? throttled_by_0 : "ok@0", "ok@0"});
        if (how == "list") script.tell_shards(two_shards());
        script.dispatch("small");
        script.at(0.9).dispatch("another");
        script.pass(1s);
        EXPECT_THAT(script.send().names, ElementsAre("another")) << how;
        script.pass(44s);
        EXPECT_THAT(script.send().names, IsEmpty()) << how;
        // Who throttles has half of the rate now.
        script.pass(how == "throttling" ? 60s : 6s);
        EXPECT_THAT(script.send().names, testing::Contains("small")) << how;
    }
}

TEST_F(SendQueueTest, RetriesOverTheirShareWaitAndNewRecordsDoNot) {
    int retries = 0;
    int requests = 0;
    int new_records = 0;
    for (int tick = 0; tick < 1000; ++tick) {
        for (int i = 0; i < 5; ++i) play.dispatch("r");
        play.pass(10ms);
        for (auto sent = play.send(); sent.id != 0; sent = play.send()) {
            ++requests;
            bool again = false;
            for (const Parcel& parcel : sent.parcels) {
                again |= parcel.first->attempts > 1;
                new_records += parcel.first->attempts == 1 ? 1 : 0;
            }
            retries += again ? 1 : 0;
            play.answer_all(sent, throttled);
        }
    }
    EXPECT_LE(retries * 5, requests + 5 * 10);
    EXPECT_GT(retries, 5);
    EXPECT_EQ(new_records, 5000) << "none of them waited";
    EXPECT_THAT(play.endings, IsEmpty()) << "to wait is not to fail";
}

TEST_F(SendQueueTest, HalvesAreRetriesTooAndWaitForTheirShare) {
    play.tell_stream();
    for (int i = 0; i < 64; ++i) play.dispatch(std::to_string(i));
    int at_once = 0;
    for (auto sent = play.send(); sent.id != 0; sent = play.send()) {
        ++at_once;
        play.fail(sent, FailureClass::invalid);
    }
    EXPECT_LE(at_once, 11);
    const TimePoint next = play.core.next_moment(play.now);
    EXPECT_GT(next, play.now);
    EXPECT_LE(next, play.now + 10s);
}

TEST_F(SendQueueTest, AShortBudgetEndsLingering) {
    play.tell_stream();
    play.dispatch("a");
    play.send();
    play.dispatch("b");
    EXPECT_EQ(play.send().id, 0U);
    play.core.budget_is_short(true);
    EXPECT_EQ(play.core.next_moment(play.now), play.now);
    EXPECT_THAT(play.send().names, ElementsAre("b"));
}

TEST_F(SendQueueTest, NoLingerHoldsARecordUntilItsDeadlineIsNear) {
    CoreOptions options = CoreScript::usual_options();
    options.linger = 1h;
    CoreScript script(options);
    script.dispatch("a");
    const auto first = script.send();
    script.dispatch("b");
    EXPECT_EQ(script.send().id, 0U);
    script.pass(30s);
    EXPECT_THAT(script.send().names, ElementsAre("b"));
}

TEST_F(SendQueueTest, NorDoesItHoldWhatAFullRequestLeavesBehind) {
    CoreOptions options = CoreScript::usual_options();
    options.linger = 1h;
    CoreScript script(options);
    for (int i = 0; i < 501; ++i) script.dispatch(std::to_string(i));
    script.answer_all(script.send(), "ok");
    script.pass(60s);
    EXPECT_THAT(script.send().names, ElementsAre("500"));
}

// Where the stream's limit cannot be learned large records go one by one; each has lingered with
// the others.
TEST_F(SendQueueTest, WhatLingeredTogetherNeedsNotLingerAgainOneByOne) {
    CoreOptions options = CoreScript::usual_options();
    options.linger = 1h;
    CoreScript script(options);
    script.dispatch("first");
    script.answer_all(script.send(), "ok");
    for (int i = 0; i < 6; ++i) script.dispatch(std::to_string(i), 0, 1200 * 1024);
    ASSERT_TRUE(script.core.wants_stream_facts(script.now));
    script.core.stream_unknown({FailureClass::final, ErrorCode::access_denied, {}, {}, false},
                               script.now);
    script.pass(30s);
    for (int i = 0; i < 6; ++i) {
        const auto sent = script.send();
        EXPECT_THAT(sent.names, ElementsAre(std::to_string(i)));
        script.answer_all(sent, "ok");
    }
}

TEST_F(SendQueueTest, WhatAFullRequestLeavesBehindGoesWhenItIsDueItself) {
    CoreOptions options = CoreScript::usual_options();
    options.linger = 1h;
    CoreScript script(options);
    script.dispatch("first");
    script.answer_all(script.send(), "ok");
    for (int i = 0; i < 250; ++i) script.dispatch(std::to_string(i));
    script.pass(20s);
    for (int i = 250; i < 600; ++i) script.dispatch(std::to_string(i));
    EXPECT_EQ(script.send().names.size(), 500U);
    EXPECT_EQ(script.send().id, 0U) << "they may wait for company";
    EXPECT_EQ(script.core.next_moment(script.now), script.now + 30s);
}

// It has waited for its key, and is due before those that came later.
TEST_F(SendQueueTest, WhatWaitedElsewhereIsDueInItsOwnTimeBehindAFullRequestToo) {
    CoreOptions options = CoreScript::usual_options();
    options.linger = 1h;
    CoreScript script(options);
    script.dispatch("red 1", red);
    const auto first = script.send();
    script.dispatch("red 2", red);
    script.pass(50s);
    for (int i = 0; i < 499; ++i) script.dispatch(std::to_string(i));
    script.answer_all(first, "ok");
    EXPECT_EQ(script.send().names.front(), "red 2");
    EXPECT_EQ(script.send().id, 0U);
}

}  // namespace
}  // namespace lk::pipeline
