#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "pipeline/core_script.hpp"

// When ListShards is asked again: who is misled by it, or by answers, does not storm it.

namespace lk::pipeline {
namespace {

using namespace std::chrono_literals;

class ShardLists : public testing::Test {
  protected:
    static CoreOptions options(std::uint64_t random_seed = 1) {
        CoreOptions changed = CoreScript::usual_options();
        changed.random_seed = random_seed;
        changed.sending.aggregate_bytes = 4096;
        return changed;
    }
    static std::vector<Shard> two_shards() {
        return {shard_between(0, 0, 0.5), shard_between(1, 0.5, 1)};
    }
    // An aggregate lands where nobody thought.
    static void land_elsewhere(CoreScript& play) {
        play.dispatch("astray");
        play.pass(5ms);
        const auto sent = play.send();
        ASSERT_NE(sent.id, 0U);
        play.answer(sent, {"ok@999"});
    }
    // How long after this list the next is asked for, by one whose guesses are all wrong.
    static Duration until_next_list(CoreScript& play, const std::vector<Shard>& list) {
        const TimePoint listed = play.now;
        play.tell_shards(list);
        while (!play.core.wants_shards(play.now)) {
            land_elsewhere(play);
            play.pass(5ms);
        }
        return play.now - listed;
    }
};

TEST_F(ShardLists, TwoProducersThatFindOutTogetherDoNotAskTogether) {
    std::set<Duration> delays;
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        CoreScript play(options(seed));
        ASSERT_TRUE(play.core.wants_shards(play.now));
        play.tell_shards(two_shards());
        play.pass(1min);
        land_elsewhere(play);
        const Duration delay = play.core.next_moment(play.now) - play.now;
        EXPECT_GE(delay, 0ms);
        EXPECT_LE(delay, 100ms);
        play.now += delay - 1ns;
        EXPECT_FALSE(play.core.wants_shards(play.now));
        play.now += 1ns;
        EXPECT_TRUE(play.core.wants_shards(play.now));
        delays.insert(delay);
    }
    EXPECT_EQ(delays.size(), 100U) << "of each its own";
    EXPECT_LT(*delays.begin(), 10ms);
    EXPECT_GT(*delays.rbegin(), 90ms) << "all of the range is made use of";
}

TEST_F(ShardLists, NorDoTwoWhomItFailed) {
    std::set<Duration> delays;
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        CoreScript play(options(seed));
        ASSERT_TRUE(play.core.wants_shards(play.now));
        play.core.shards_unknown({FailureClass::slow_down, ErrorCode::throttled, {}, {}, false},
                                 play.now);
        const Duration delay = play.core.next_moment(play.now) - play.now;
        EXPECT_LE(delay, 800ms);
        delays.insert(delay);
    }
    EXPECT_EQ(delays.size(), 100U);
    EXPECT_LT(*delays.begin(), 80ms);
    EXPECT_GT(*delays.rbegin(), 720ms);
}

TEST_F(ShardLists, AreAskedForLessOftenTheLongerAnswersNameShardsThatNobodyLists) {
    CoreScript play(options());
    ASSERT_TRUE(play.core.wants_shards(play.now));
    std::vector<Duration> delays;
    for (int i = 0; i < 100; ++i) {
        // Another list each time, and none of them true.
        delays.push_back(until_next_list(play, {shard_between(2 * i, 0, 1)}));
        EXPECT_GE(delays.back(), 1s);
        EXPECT_LE(delays.back(),
                  1s + std::min<Duration>(10s, 100ms * (1 << std::min(i, 10))) + 20ms);
    }
    Duration all{};
    for (std::size_t i = 10; i < delays.size(); ++i) all += delays[i];
    EXPECT_GT(all / 90, 4s) << "full jitter up to 10 s";
    // One that held for long was good, so that the next resharding is seen soon.
    play.tell_shards(two_shards());
    play.pass(61s);
    land_elsewhere(play);
    EXPECT_LE(play.core.next_moment(play.now), play.now + 100ms);
}

// UpdateShardCount splits one shard after the other, for minutes.
TEST_F(ShardLists, ThatListWhereTheRecordHadLandedAreAskedForAsSoonTheNextTime) {
    CoreScript play(options());
    ASSERT_TRUE(play.core.wants_shards(play.now));
    play.tell_shards(two_shards());
    for (int i = 0; i < 20; ++i) {
        const TimePoint listed = play.now;
        while (!play.core.wants_shards(play.now)) {
            land_elsewhere(play);
            play.pass(5ms);
        }
        EXPECT_LE(play.now - listed, 1s + 100ms + 20ms);
        play.tell_shards({shard_between(2 * i + 2, 0, 0.5), shard_between(999, 0.5, 1)});
    }
}

TEST_F(ShardLists, ThatAreNoneAreNotBelievedAndAskedForLessAndLessOften) {
    const std::vector<std::vector<Shard>> lies = {
        {},
        {shard_between(2, 0, 0.6), shard_between(3, 0.5, 1)},
        {shard_between(2, 0, 0.4), shard_between(3, 0.5, 1)},
        {shard_between(2, 0, 0.5)},
    };
    for (const std::vector<Shard>& lie : lies) {
        CoreScript play(options());
        ASSERT_TRUE(play.core.wants_shards(play.now));
        int asked = 0;
        for (const TimePoint start = play.now; play.now < start + 10min; play.pass(5ms)) {
            if (asked > 0 && !play.core.wants_shards(play.now)) continue;
            ++asked;
            play.tell_shards(lie);
            play.dispatch("a");
            play.pass(5ms);
            play.answer_all(play.send(), "ok");
        }
        EXPECT_GE(asked, 60) << "it is asked for as long as it is of use";
        EXPECT_LE(asked, 60 * 4);
        EXPECT_EQ(play.endings.size(), static_cast<std::size_t>(asked)) << "events go plain";
        // And the truth is welcome.
        play.tell_shards(two_shards());
        play.at(0.1).dispatch("b");
        play.at(0.2).dispatch("c");
        play.pass(5ms);
        EXPECT_THAT(play.send().names, testing::ElementsAre("b+c"));
    }
}

TEST_F(ShardLists, WithShardsThatNeverGetAnythingAreLeftAlone) {
    CoreScript play(options());
    ASSERT_TRUE(play.core.wants_shards(play.now));
    std::vector<Shard> many;
    for (int i = 0; i < 20'000; ++i)
        many.push_back(shard_between(i, i / 20'000.0, (i + 1) / 20'000.0));
    play.tell_shards(many);
    for (int i = 0; i < 1000; ++i) {
        play.at(0).dispatch("a");
        play.pass(5ms);
        play.answer_all(play.send(), "ok@0");
    }
    EXPECT_EQ(play.core.next_moment(play.now), never) << "nobody asks";
}

}  // namespace
}  // namespace lk::pipeline
