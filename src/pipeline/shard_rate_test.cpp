#include "pipeline/shard_rate.hpp"

#include <gtest/gtest.h>

namespace lk::pipeline {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint start = TimePoint{} + std::chrono::hours(1);
constexpr double record = 1.0 / 1000;
constexpr double many = 1000;

// What goes through in that time while more than enough waits.
double sent_within(ShardRate& rate, TimePoint& now, Duration time) {
    double sent = 0;
    for (const TimePoint end = now + time; now < end; now += 1ms) {
        if (!rate.due(many, now)) continue;
        for (; rate.allows(); sent += record) rate.sent(record);
    }
    return sent;
}

TEST(ShardRate, ARecordCostsTheLargerOfItsPartsOfAShard) {
    EXPECT_DOUBLE_EQ(ShardRate::cost_of(0), 0.001);
    EXPECT_DOUBLE_EQ(ShardRate::cost_of(1000), 0.001);
    EXPECT_DOUBLE_EQ(ShardRate::cost_of(512 * 1024), 0.5);
}

TEST(ShardRate, LetsThroughWhatItsCapAllowsAndNoMore) {
    ShardRate rate(0.5, 0.5, start);
    TimePoint now = start;
    EXPECT_NEAR(sent_within(rate, now, 10s), 5, 0.1);
}

TEST(ShardRate, RecordsGoAWhilesWorthAtATime) {
    ShardRate rate(1, 1, start);
    EXPECT_FALSE(rate.due(many, start));
    EXPECT_EQ(rate.due_at(many), start + 50ms);
    EXPECT_FALSE(rate.due(many, start + 49ms));
    EXPECT_TRUE(rate.due(many, start + 50ms));
    EXPECT_LE(rate.due_at(record), start + 50ms) << "few that wait need not wait for more";
}

TEST(ShardRate, WhatWasNotSentIsNotSavedUp) {
    ShardRate rate(1, 1, start);
    TimePoint now = start + 1h;
    EXPECT_LE(sent_within(rate, now, 1ms), 1 + record) << "a second's worth at most";
}

TEST(ShardRate, ALargeRecordGoesAndIsPaidForAfterwards) {
    ShardRate rate(1, 1, start);
    ASSERT_TRUE(rate.due(many, start + 50ms));
    rate.sent(10);
    EXPECT_FALSE(rate.allows());
    EXPECT_FALSE(rate.due(many, start + 9s));
    EXPECT_TRUE(rate.due(many, start + 11s));
}

TEST(ShardRate, WhatWasRefusedNeedNotBePaidForAndWhatWasStoredMust) {
    for (const bool large_was_stored : {true, false}) {
        ShardRate rate(1, 1, start);
        ASSERT_TRUE(rate.due(many, start + 1s));
        rate.sent(10);
        rate.sent(record);
        rate.throttled(0, large_was_stored ? record : 10, start + 1s, start + 1s);
        EXPECT_EQ(rate.due(many, start + 9s), !large_was_stored);
        EXPECT_TRUE(rate.due(many, start + 11s));
    }
}

TEST(ShardRate, WhatAnAnswerShowsToHaveGoneThereIsPaidFor) {
    ShardRate rate(1, 1, TimePoint{});
    rate.received(10, start);
    EXPECT_FALSE(rate.due(many, start + 8s));
    EXPECT_TRUE(rate.due(many, start + 10s));
}

TEST(ShardRate, IsNotForgottenBeforeALargeRecordIsPaidFor) {
    ShardRate rate(0.01, 0.01, start);
    ASSERT_TRUE(rate.due(many, start + 1s));
    rate.sent(5);
    EXPECT_FALSE(rate.idle(start + 8min));
    EXPECT_TRUE(rate.idle(start + 9min));
}

TEST(ShardRate, DecreasesOnceForRequestsThatWereUnderWayTogether) {
    ShardRate rate(1, ShardRate::unlimited, start);
    rate.throttled(0.1, 0, start + 1s, start + 2s);
    const double decreased = rate.rate();
    EXPECT_LT(decreased, 1);
    rate.throttled(0.1, 0, start + 1s, start + 3s);
    EXPECT_EQ(rate.rate(), decreased);
    rate.throttled(0.1, 0, start + 2s + 1ms, start + 3s);
    EXPECT_LT(rate.rate(), decreased);
}

TEST(ShardRate, DecreasesMoreTheLargerTheShareThatWasThrottled) {
    ShardRate little(1, ShardRate::unlimited, start);
    ShardRate much(1, ShardRate::unlimited, start);
    little.throttled(0.01, 0, start + 1s, start + 2s);
    much.throttled(0.5, 0, start + 1s, start + 2s);
    EXPECT_LT(much.rate(), little.rate());
    EXPECT_GT(much.rate(), 0.29);
}

TEST(ShardRate, NeverFallsBelowItsFloorNorAboveItsCap) {
    ShardRate rate(1, ShardRate::unlimited, start);
    for (int i = 1; i < 100; ++i) rate.throttled(1, 0, start + i * 2s, start + i * 2s + 1s);
    EXPECT_EQ(rate.rate(), ShardRate::lowest);
    ShardRate capped(5, 2, start);
    EXPECT_EQ(capped.rate(), 2);
    ShardRate below_the_floor(1, 0.001, start);
    below_the_floor.throttled(0, 0, start + 1s, start + 2s);
    EXPECT_EQ(below_the_floor.rate(), 0.001) << "a cap is a cap";
}

TEST(ShardRate, GrowsWhileItIsUsedAndFasterTheLongerNothingWasThrottled) {
    ShardRate rate(0.1, ShardRate::unlimited, start);
    TimePoint now = start;
    sent_within(rate, now, 10s);
    const double after_ten = rate.rate();
    EXPECT_GT(after_ten, 0.1);
    sent_within(rate, now, 10s);
    EXPECT_GT(rate.rate() - after_ten, after_ten - 0.1);
}

TEST(ShardRate, UsesADoubledLimitWithinHalfAMinute) {
    ShardRate rate(1, ShardRate::unlimited, start);
    TimePoint now = start;
    sent_within(rate, now, 30s);
    EXPECT_GE(rate.rate(), 2);
}

TEST(ShardRate, DoesNotGrowWhileNobodyWaits) {
    ShardRate rate(0.1, ShardRate::unlimited, start);
    rate.due(record, start + 30s);
    rate.due(record, start + 60s);
    EXPECT_EQ(rate.rate(), 0.1);
}

TEST(ShardRate, IsIdleAMinuteAfterItWasLastWantedAndLastThrottled) {
    ShardRate rate(1, ShardRate::unlimited, start);
    EXPECT_FALSE(rate.idle(start + 60s));
    EXPECT_TRUE(rate.idle(start + 61s));
    rate.due(record, start + 30s);
    EXPECT_FALSE(rate.idle(start + 61s));
    rate.throttled(0.1, 0, start + 70s, start + 80s);
    EXPECT_FALSE(rate.idle(start + 120s));
    EXPECT_TRUE(rate.idle(start + 141s));
}

}  // namespace
}  // namespace lk::pipeline
