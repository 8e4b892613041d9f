#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/core_script.hpp"

namespace lk::pipeline {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;
using Names = std::vector<std::string>;

constexpr std::uint64_t red = 7;
constexpr std::uint64_t blue = 8;
constexpr const char* throttled = "ProvisionedThroughputExceededException";
constexpr const char* faulty = "InternalFailure";
constexpr std::uint32_t mebibyte = 1024 * 1024;

TEST(Core, SendsALoneRecordOfAnIdleStreamAtOnce) {
    CoreScript play;
    play.dispatch("a");
    EXPECT_THAT(play.send().names, ElementsAre("a"));
}

TEST(Core, SendsTheFirstRecordAtOnceOnAMachineThatHasJustStarted) {
    CoreScript play;
    play.now = TimePoint{} + 1ms;
    play.dispatch("a");
    EXPECT_THAT(play.send().names, ElementsAre("a"));
}

TEST(Core, LetsRecordsLingerWhileARequestIsUnderWay) {
    CoreScript play;
    play.tell_stream();
    play.dispatch("a");
    const auto first = play.send();
    play.dispatch("b");
    EXPECT_EQ(play.send().id, 0U);
    EXPECT_EQ(play.core.next_moment(play.now), play.now + 5ms);
    play.now += 5ms;
    EXPECT_THAT(play.send().names, ElementsAre("b"));
    play.answer(first, {"ok"});
    EXPECT_THAT(play.endings, ElementsAre("a published"));
}

TEST(Core, SendsAFullRequestWithoutLingering) {
    CoreScript play;
    play.dispatch("first");
    play.send();
    for (int i = 0; i < 501; ++i) play.dispatch(std::to_string(i));
    EXPECT_EQ(play.send().names.size(), 500U);
    EXPECT_EQ(play.send().id, 0U);
}

TEST(Core, KeepsARequestWithinTenMebibytes) {
    CoreScript play;
    for (int i = 0; i < 11; ++i) play.dispatch(std::to_string(i), 0, mebibyte - 1);
    EXPECT_EQ(play.send().names.size(), 10U);
    play.now += 5ms;
    EXPECT_EQ(play.send().names.size(), 1U);
}

TEST(Core, HasNoMoreRequestsUnderWayThanAllowed) {
    CoreScript play;
    for (int i = 0; i < 500 * 6; ++i) play.dispatch(std::to_string(i));
    Names sent;
    CoreScript::Sent last;
    for (int i = 0; i < 4; ++i) {
        last = play.send();
        EXPECT_NE(last.id, 0U);
    }
    EXPECT_TRUE(play.core.saturated());
    EXPECT_EQ(play.send().id, 0U);
    play.answer(last, Names(500, "ok"));
    EXPECT_NE(play.send().id, 0U);
}

TEST(Core, HasOneRecordOfAKeyUnderWay) {
    CoreScript play;
    play.dispatch("red 1", red);
    play.dispatch("red 2", red);
    play.dispatch("blue 1", blue);
    const auto first = play.send();
    EXPECT_THAT(first.names, ElementsAre("red 1", "blue 1"));
    play.now += 1s;
    EXPECT_EQ(play.send().id, 0U);
    play.answer(first, {"ok", "ok"});
    EXPECT_THAT(play.endings, ElementsAre("red 1 published", "blue 1 published"));
    play.now += 5ms;
    EXPECT_THAT(play.send().names, ElementsAre("red 2"));
}

TEST(Core, SendsAgainOnlyWhatFailedAndKeepsItsKeysOrder) {
    CoreScript play;
    play.dispatch("red 1", red);
    play.dispatch("red 2", red);
    play.dispatch("blue 1", blue);
    play.answer(play.send(), {throttled, "ok"});
    EXPECT_THAT(play.endings, ElementsAre("blue 1 published"));
    play.pass(1s);
    const auto second = play.send();
    EXPECT_THAT(second.names, ElementsAre("red 1"));
    play.answer(second, {"ok"});
    play.pass(1s);
    play.answer(play.send(), {"ok"});
    EXPECT_THAT(play.endings,
                ElementsAre("blue 1 published", "red 1 published", "red 2 published"));
}

TEST(Core, SaysThatARecordMayBeADuplicateOnceAnAttemptHadAnUnknownOutcome) {
    CoreScript play;
    Pending* const a = play.dispatch("a");
    play.answer(play.send(), {throttled});
    EXPECT_FALSE(a->may_have_been_stored);
    play.pass(20s);
    play.answer(play.send(), {faulty});
    EXPECT_TRUE(a->may_have_been_stored);
    play.pass(20s);
    play.answer(play.send(), {"ok"});
    EXPECT_EQ(a->attempts, 3);
    EXPECT_THAT(play.endings, ElementsAre("a published"));
}

TEST(Core, FailsOneRecordForGoodAndNotItsNeighbours) {
    CoreScript play;
    play.dispatch("a");
    play.dispatch("b");
    play.answer(play.send(), {"KMSDisabledException", "ok"});
    EXPECT_THAT(play.endings, ElementsAre("a failed", "b published"));
    EXPECT_EQ(play.errors["a"].code, ErrorCode::encryption);
    EXPECT_FALSE(play.errors["a"].may_have_been_delivered);
}

TEST(Core, AfterAFailureForGoodTheNextOfTheKeyGoes) {
    CoreScript play;
    play.dispatch("red 1", red);
    play.dispatch("red 2", red);
    play.answer(play.send(), {"KMSDisabledException"});
    play.now += 5ms;
    EXPECT_THAT(play.send().names, ElementsAre("red 2"));
}

TEST(Core, ARequestThatMayHaveBeenStoredEndsAsUnknownWhenTimeIsUp) {
    CoreScript play;
    play.dispatch("a");
    play.fail(play.send(), FailureClass::transient, true);
    play.pass(120s);
    EXPECT_THAT(play.endings, ElementsAre("a unknown"));
    EXPECT_EQ(play.errors["a"].code, ErrorCode::not_in_time);
    EXPECT_TRUE(play.errors["a"].may_have_been_delivered);
    EXPECT_EQ(play.errors["a"].attempts, 1);
}

TEST(Core, ADeadlineInFlightSettlesAsUnknownAndTheLaneStaysClosedUntilTheRequestEnds) {
    CoreScript play;
    play.dispatch("red 1", red);
    const auto request = play.send();
    play.now += 60s;
    play.dispatch("red 2", red);
    play.pass(60s);
    EXPECT_THAT(play.endings, ElementsAre("red 1 unknown"));
    EXPECT_THAT(play.released, IsEmpty());
    EXPECT_EQ(play.send().id, 0U);
    play.answer(request, {"ok"});
    EXPECT_THAT(play.endings, ElementsAre("red 1 unknown"));
    EXPECT_THAT(play.released, ElementsAre("red 1"));
    play.now += 5ms;
    EXPECT_THAT(play.send().names, ElementsAre("red 2"));
}

TEST(Core, DeadlinesTakeRecordsOutOfEveryQueue) {
    CoreScript play;
    play.dispatch("retried");
    play.fail(play.send(), FailureClass::transient);
    play.dispatch("ready");
    play.dispatch("red 1", red);
    play.dispatch("red 2", red);
    play.dispatch("parked", 0, 2 * mebibyte);
    play.pass(120s);
    EXPECT_THAT(play.endings, UnorderedElementsAre("retried failed", "ready failed", "red 1 failed",
                                                   "red 2 failed", "parked failed"));
    EXPECT_TRUE(play.core.empty());
    EXPECT_EQ(play.core.next_moment(play.now), never);
    EXPECT_EQ(play.send().id, 0U);
}

TEST(Core, HalvesARefusedRequestUntilTheGuiltyRecordStandsAlone) {
    CoreScript play;
    for (const char* name : {"a", "b", "guilty", "d", "e"}) play.dispatch(name);
    int requests = 0;
    for (auto sent = play.send(); sent.id != 0; sent = play.send()) {
        ++requests;
        if (std::find(sent.names.begin(), sent.names.end(), "guilty") != sent.names.end()) {
            play.fail(sent, FailureClass::invalid);
        } else {
            play.answer(sent, Names(sent.names.size(), "ok"));
        }
    }
    EXPECT_LE(requests, 7);
    EXPECT_THAT(play.endings, UnorderedElementsAre("a published", "b published", "guilty failed",
                                                   "d published", "e published"));
}

TEST(Core, HalvesKeepTheOrderOfAKey) {
    CoreScript play;
    play.dispatch("guilty");
    play.dispatch("red 1", red);
    play.dispatch("red 2", red);
    play.fail(play.send(), FailureClass::invalid);
    const auto first = play.send();
    const auto second = play.send();
    EXPECT_THAT(first.names, ElementsAre("guilty"));
    EXPECT_THAT(second.names, ElementsAre("red 1"));
    play.answer(second, {"ok"});
    play.fail(first, FailureClass::invalid);
    play.now += 5ms;
    EXPECT_THAT(play.send().names, ElementsAre("red 2"));
}

TEST(Core, CountsNoMoreAttemptsThanThereAreNumbersFor) {
    CoreOptions options = CoreScript::usual_options();
    options.deliver_within = std::chrono::hours(24 * 300);
    CoreScript play(options);
    Pending* const record = play.dispatch("a");
    for (int i = 0; i < 2; ++i) {
        record->attempts = std::numeric_limits<std::uint16_t>::max();
        play.pass(1min);
        const auto sent = play.send();
        ASSERT_NE(sent.id, 0U);
        EXPECT_EQ(record->attempts, std::numeric_limits<std::uint16_t>::max());
        play.fail(sent, FailureClass::transient);
    }
}

TEST(Core, HurryingSendsWhatLingers) {
    CoreScript play;
    play.dispatch("a");
    play.send();
    play.dispatch("b");
    EXPECT_EQ(play.send().id, 0U);
    play.core.hurry(0);
    EXPECT_THAT(play.send().names, ElementsAre("b"));
}

TEST(Core, HurryingEndsWithTheLastRecordOfItsGeneration) {
    CoreScript play;
    play.dispatch("a");
    play.core.hurry(0);
    play.answer(play.send(), {"ok"});
    play.generation = 1;
    play.dispatch("b");
    const auto b = play.send();
    EXPECT_EQ(b.id, 0U) << "less than a linger has passed since the last request";
    play.now += 5ms;
    EXPECT_THAT(play.send().names, ElementsAre("b"));
}

TEST(Core, FailAllSettlesEverythingByNameAndWhatIsInFlightAsUnknown) {
    CoreScript play;
    play.dispatch("red 1", red);
    play.dispatch("red 2", red);
    const auto request = play.send();
    play.dispatch("a");
    play.core.fail_all({ErrorCode::not_in_time, "closed", false, 0});
    play.note();
    EXPECT_THAT(play.endings, ElementsAre("red 1 unknown", "red 2 failed", "a failed"));
    EXPECT_THAT(play.released, ElementsAre("red 2", "a"));
    play.core.abandon_requests();
    play.note();
    EXPECT_THAT(play.released, ElementsAre("red 2", "a", "red 1"));
    EXPECT_TRUE(play.core.empty());
    play.answer(request, {"ok"});
    EXPECT_EQ(play.endings.size(), 3U);
}

TEST(Core, APauseThatWouldOutlastTheDeadlineIsCutShortForALastTry) {
    CoreScript play;
    play.dispatch("a");
    play.pass(110s);
    const auto late = play.send();
    ASSERT_THAT(late.names, ElementsAre("a"));
    // In 118.9 s or later no pause of up to 10 s could be waited for.
    play.now += 8s + 900ms;
    play.answer(late, {"InternalFailure"});
    EXPECT_THAT(play.endings, IsEmpty());
    play.pass(100ms);
    const auto last = play.send();
    ASSERT_THAT(last.names, ElementsAre("a"));
    play.answer(last, {"ok"});
    EXPECT_THAT(play.endings, ElementsAre("a published"));
}

TEST(Core, WhatIsGivenUpForItsDeadlineTellsWhatFailedLast) {
    CoreScript play;
    play.dispatch("a");
    play.fail(play.send(), FailureClass::transient);
    play.pass(120s);
    EXPECT_THAT(play.endings, ElementsAre("a failed"));
    EXPECT_THAT(play.errors["a"].message, HasSubstr("because"));
}

// What is told of each takes memory that no budget counts.
TEST(Core, TellsOfNoMoreThanAThousandEndingsAtOnce) {
    for (const bool closes : {false, true}) {
        CoreScript play;
        constexpr std::size_t count = 3 * most_told_at_once + 1;
        for (std::size_t i = 0; i < count; ++i) play.dispatch(std::to_string(i), i % 7);
        play.now += 120s;
        int times = 0;
        bool more = true;
        while (more) {
            more = closes ? play.core.fail_all({ErrorCode::not_in_time, "closed", false, 0})
                          : play.core.advance(play.now);
            EXPECT_LE(play.core.settled().size(), most_told_at_once);
            play.note();
            ++times;
        }
        EXPECT_EQ(times, 4);
        EXPECT_EQ(play.endings.size(), count);
        EXPECT_TRUE(play.core.empty());
        EXPECT_EQ(play.send().id, 0U);
    }
}

TEST(Core, IgnoresAnAnswerToARequestThatWasGivenUpOn) {
    CoreScript play;
    play.dispatch("a");
    const auto first = play.send();
    play.fail(first, FailureClass::transient, true);
    play.answer(first, {"ok"});
    EXPECT_THAT(play.endings, IsEmpty());
    play.pass(10s);
    play.answer(play.send(), {"ok"});
    EXPECT_THAT(play.endings, ElementsAre("a published"));
}

TEST(Core, CountsWhatEachFlushIsToTell) {
    CoreScript play;
    play.dispatch("a");
    play.dispatch("b");
    play.generation = 1;
    play.dispatch("c");
    play.answer(play.send(), {"ok", "KMSDisabledException", "ok"});
    const auto first = play.core.generations().take_up_to(0);
    EXPECT_EQ(first.published, 1U);
    EXPECT_EQ(first.failed, 1U);
    const auto second = play.core.generations().take_up_to(5);
    EXPECT_EQ(second.published, 1U);
    EXPECT_EQ(play.core.generations().take_up_to(9).published, 0U);
}

TEST(Core, AGenerationThatNobodyAsksOfIsCountedWithTheNext) {
    CoreScript play;
    Generations& generations = play.core.generations();
    play.dispatch("a");
    play.generation = 1;
    play.dispatch("b");
    generations.join_up_to(1);
    EXPECT_TRUE(generations.any_moving_up_to(1));
    // One that was written before and is seen only now.
    play.generation = 0;
    play.dispatch("c");
    play.answer_all(play.send(), "ok");
    play.pass(5ms);
    play.answer_all(play.send(), "ok");
    EXPECT_THAT(play.endings, UnorderedElementsAre("a published", "b published", "c published"));
    EXPECT_FALSE(generations.any_unsettled_up_to(1));
    EXPECT_EQ(generations.take_up_to(1).published, 3U);
}

TEST(RetryPace, DrawsWithinADoublingBoundUpToTheLongest) {
    RetryPace pace(42);
    Duration longest_of_first{};
    Duration longest_of_all{};
    for (int i = 0; i < 2000; ++i) {
        longest_of_first = std::max(longest_of_first, pace.pause(1));
        longest_of_all = std::max(longest_of_all, pace.pause(60));
    }
    EXPECT_LE(longest_of_first, RetryPace::base);
    EXPECT_GT(longest_of_first, RetryPace::base * 9 / 10);
    EXPECT_LE(longest_of_all, RetryPace::longest);
    EXPECT_GT(longest_of_all, RetryPace::longest * 9 / 10);
}

}  // namespace
}  // namespace lk::pipeline
