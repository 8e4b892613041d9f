#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/core_script.hpp"

// A lane whose record was not published is paused (CoreOptions::pause_on_failure).

namespace lk::pipeline {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr std::uint64_t red = 7;
constexpr std::uint64_t blue = 8;
constexpr const char* throttled = "ProvisionedThroughputExceededException";
constexpr const char* refused = "KMSDisabledException";

class CorePause : public testing::Test {
  protected:
    static CoreOptions options() {
        CoreOptions changed = CoreScript::usual_options();
        changed.pause_on_failure = true;
        return changed;
    }
    // "red 1" has failed, "red 2" and "red 3" wait.
    void pause_red() {
        for (const char* name : {"red 1", "red 2", "red 3"}) play.dispatch(name, red);
        play.answer(play.send(), {refused});
        ASSERT_THAT(play.endings, ElementsAre("red 1 failed"));
        ASSERT_THAT(play.core.newly_paused(), ElementsAre(red));
        play.endings.clear();
    }
    CoreScript play{options()};
};

TEST_F(CorePause, TheOthersOfTheKeyWaitAndOtherKeysGoOn) {
    pause_red();
    play.dispatch("blue", blue);
    play.dispatch("random");
    play.pass(5ms);
    EXPECT_THAT(play.send().names, ElementsAre("blue", "random"));
    play.pass(10s);
    EXPECT_EQ(play.send().id, 0U);
}

TEST_F(CorePause, ResumeLetsThemGoInOrder) {
    pause_red();
    EXPECT_TRUE(play.resume(red));
    EXPECT_FALSE(play.resume(red)) << "it is not paused any more";
    for (const char* name : {"red 2", "red 3"}) {
        play.pass(5ms);
        const auto sent = play.send();
        EXPECT_THAT(sent.names, ElementsAre(name));
        play.answer(sent, {"ok"});
    }
    EXPECT_THAT(play.endings, ElementsAre("red 2 published", "red 3 published"));
}

TEST_F(CorePause, DiscardFailsWhatWaitsAndLetsLaterOnesGo) {
    pause_red();
    EXPECT_TRUE(play.discard(red));
    EXPECT_FALSE(play.discard(red));
    EXPECT_THAT(play.endings, ElementsAre("red 2 failed", "red 3 failed"));
    EXPECT_EQ(play.errors["red 2"].code, ErrorCode::lane_paused);
    EXPECT_FALSE(play.errors["red 2"].may_have_been_delivered);
    EXPECT_TRUE(play.core.empty());
    play.dispatch("red 4", red);
    play.pass(5ms);
    EXPECT_THAT(play.send().names, ElementsAre("red 4"));
}

TEST_F(CorePause, DiscardTellsOfNoMoreThanAThousandEndingsAtOnce) {
    pause_red();
    for (std::size_t i = 0; i < 2 * most_told_at_once; ++i) play.dispatch("more", red);
    const Error error{ErrorCode::lane_paused, "discarded", false, 0};
    EXPECT_EQ(play.core.discard(red, error), Core::Discarded::some);
    EXPECT_EQ(play.core.settled().size(), most_told_at_once);
    play.note();
    EXPECT_TRUE(play.discard(red));
    EXPECT_EQ(play.endings.size(), 2 * most_told_at_once + 2);
    EXPECT_TRUE(play.core.empty());
}

TEST_F(CorePause, DiscardIsNotForWhatWasDispatchedAfterIt) {
    pause_red();
    play.generation = 1;
    play.dispatch("red 4", red);
    EXPECT_EQ(play.core.discard(red, {ErrorCode::lane_paused, "discarded", false, 0}, 0),
              Core::Discarded::all);
    play.note();
    EXPECT_THAT(play.endings, ElementsAre("red 2 failed", "red 3 failed"));
    play.pass(5ms);
    EXPECT_THAT(play.send().names, ElementsAre("red 4"));
}

TEST_F(CorePause, NeitherDoesAnythingToALaneThatIsNotPaused) {
    play.dispatch("red 1", red);
    EXPECT_FALSE(play.resume(red));
    EXPECT_FALSE(play.discard(red));
    EXPECT_FALSE(play.discard(blue));
    EXPECT_THAT(play.endings, IsEmpty());
    EXPECT_THAT(play.send().names, ElementsAre("red 1"));
}

TEST_F(CorePause, WhatIsAcceptedIntoAPausedLaneWaitsWithIt) {
    play.dispatch("red 1", red);
    play.answer(play.send(), {refused});
    play.dispatch("red 2", red);
    play.pass(10s);
    EXPECT_EQ(play.send().id, 0U);
    EXPECT_TRUE(play.resume(red));
    EXPECT_THAT(play.send().names, ElementsAre("red 2"));
}

TEST_F(CorePause, DeadlinesPassInAPausedLaneAndTheLaneStaysPaused) {
    pause_red();
    play.pass(60s);
    play.dispatch("red 4", red);
    play.pass(60s);
    EXPECT_THAT(play.endings, ElementsAre("red 2 failed", "red 3 failed"));
    EXPECT_EQ(play.errors["red 2"].code, ErrorCode::not_in_time);
    EXPECT_EQ(play.send().id, 0U);
    EXPECT_TRUE(play.resume(red));
    EXPECT_THAT(play.send().names, ElementsAre("red 4"));
}

TEST_F(CorePause, AnUnknownOutcomePausesTooAndTheRequestThatMayStoreItKeepsTheLaneClosed) {
    play.dispatch("red 1", red);
    const auto under_way = play.send();
    play.now += 60s;
    play.dispatch("red 2", red);
    play.pass(60s);
    EXPECT_THAT(play.endings, ElementsAre("red 1 unknown"));
    EXPECT_TRUE(play.resume(red));
    play.pass(1s);
    EXPECT_EQ(play.send().id, 0U) << "the request has not ended";
    play.answer(under_way, {"ok"});
    play.pass(5ms);
    EXPECT_THAT(play.send().names, ElementsAre("red 2"));
}

TEST_F(CorePause, DiscardWhileTheFailedRecordsRequestIsUnderWay) {
    play.dispatch("red 1", red);
    const auto under_way = play.send();
    play.now += 60s;
    play.dispatch("red 2", red);
    play.pass(60s);
    EXPECT_TRUE(play.discard(red));
    EXPECT_THAT(play.endings, ElementsAre("red 1 unknown", "red 2 failed"));
    play.dispatch("red 3", red);
    play.pass(1s);
    EXPECT_EQ(play.send().id, 0U);
    play.answer(under_way, {throttled});
    play.pass(5ms);
    EXPECT_THAT(play.send().names, ElementsAre("red 3"));
    EXPECT_EQ(play.endings.size(), 2U) << "each settles once";
}

TEST_F(CorePause, ARetryOfTheLanesFirstRecordDoesNotPauseIt) {
    play.dispatch("red 1", red);
    play.dispatch("red 2", red);
    play.answer(play.send(), {throttled});
    EXPECT_THAT(play.core.newly_paused(), IsEmpty());
    EXPECT_FALSE(play.resume(red));
    play.pass(10s);
    EXPECT_THAT(play.send().names, ElementsAre("red 1"));
}

TEST_F(CorePause, ARecordThatMayBeADuplicateFailsAsUnknownWhenItIsDiscarded) {
    for (const char* name : {"red 1", "red 2"}) play.dispatch(name, red);
    play.answer(play.send(), {refused});
    ASSERT_TRUE(play.resume(red));
    play.pass(5ms);
    play.fail(play.send(), FailureClass::transient, true);
    play.now += 1s;
    play.dispatch("red 3", red);
    play.pass(119s);
    EXPECT_THAT(play.endings, ElementsAre("red 1 failed", "red 2 unknown"));
    EXPECT_TRUE(play.discard(red));
    EXPECT_THAT(play.endings, ElementsAre("red 1 failed", "red 2 unknown", "red 3 failed"));
}

TEST_F(CorePause, HalvesOfARefusedRequestWaitForTheLaneToo) {
    play.dispatch("red 1", red);
    play.dispatch("blue 1", blue);
    const auto whole = play.send();
    play.now += 1s;
    play.dispatch("red 2", red);
    play.fail(whole, FailureClass::invalid);
    const auto red_half = play.send();
    ASSERT_THAT(red_half.names, ElementsAre("red 1"));
    play.fail(red_half, FailureClass::invalid);
    EXPECT_THAT(play.endings, ElementsAre("red 1 failed"));
    const auto blue_half = play.send();
    EXPECT_THAT(blue_half.names, ElementsAre("blue 1"));
    play.answer(blue_half, {"ok"});
    play.pass(1s);
    EXPECT_EQ(play.send().id, 0U) << "red 2 waits";
    EXPECT_TRUE(play.resume(red));
    EXPECT_THAT(play.send().names, ElementsAre("red 2"));
}

TEST_F(CorePause, FlushesCountPausedRecordsAndDoNotWaitForThem) {
    pause_red();
    Generations& generations = play.core.generations();
    EXPECT_FALSE(generations.any_moving_up_to(0));
    EXPECT_TRUE(generations.any_unsettled_up_to(0));
    play.generation = 1;
    play.dispatch("red 4", red);
    EXPECT_FALSE(generations.any_moving_up_to(1));
    const auto counted = generations.take_up_to(1);
    EXPECT_EQ(counted.failed, 1U);
    EXPECT_EQ(counted.paused, 3U);
    EXPECT_EQ(counted.unsettled, 3U);
    EXPECT_TRUE(play.resume(red));
    EXPECT_TRUE(generations.any_moving_up_to(0));
    EXPECT_EQ(generations.take_up_to(1).paused, 0U);
    EXPECT_FALSE(play.resume(red));
}

TEST_F(CorePause, HurryingDoesNotGoOnForPausedRecords) {
    pause_red();
    play.core.hurry(0);
    play.generation = 1;
    play.dispatch("first");
    play.pass(5ms);
    ASSERT_NE(play.send().id, 0U);
    play.dispatch("lingers");
    EXPECT_EQ(play.send().id, 0U);
}

// close() waits for paused keys, too, so that somebody may still resume them.
TEST_F(CorePause, AResumedKeysRecordsDoNotLingerWhereTheyWereHurriedBefore) {
    pause_red();
    play.core.hurry(0);
    EXPECT_EQ(play.send().id, 0U);
    EXPECT_TRUE(play.resume(red));
    play.generation = 1;
    play.dispatch("red 4", red);
    for (const char* name : {"red 2", "red 3"}) {
        const auto sent = play.send();
        EXPECT_THAT(sent.names, ElementsAre(name));
        play.answer(sent, {"ok"});
    }
    EXPECT_EQ(play.send().id, 0U) << "nobody has hurried this one";
}

TEST_F(CorePause, NorDoTheyWhereGenerationsWereJoinedMeanwhile) {
    pause_red();
    play.core.hurry(0);
    play.generation = 1;
    play.dispatch("blue 1", blue);
    EXPECT_EQ(play.send().id, 0U);
    // As after a discard() of another key, which begins a generation.
    play.core.join_generations_up_to(1);
    EXPECT_TRUE(play.resume(red));
    EXPECT_THAT(play.send().names, Contains("red 2"));
}

TEST_F(CorePause, CloseFailsPausedRecordsAndPausesNothingMore) {
    pause_red();
    play.dispatch("blue 1", blue);
    play.dispatch("blue 2", blue);
    play.core.newly_paused().clear();
    play.core.fail_all({ErrorCode::not_in_time, "closed", false, 0});
    play.note();
    EXPECT_THAT(play.endings, UnorderedElementsAre("red 2 failed", "red 3 failed", "blue 1 failed",
                                                   "blue 2 failed"));
    EXPECT_THAT(play.core.newly_paused(), IsEmpty());
    EXPECT_TRUE(play.core.empty());
}

TEST_F(CorePause, ALargeRecordOfAPausedLaneWaitsForItAndNotForTheStreamsLimit) {
    play.dispatch("red 1", red);
    play.dispatch("red 2", red, 2 * 1024 * 1024);
    play.answer(play.send(), {refused});
    EXPECT_FALSE(play.core.wants_stream_facts(play.now));
    EXPECT_TRUE(play.resume(red));
    EXPECT_TRUE(play.core.wants_stream_facts(play.now));
    play.core.stream_is(limited_to(4 * 1024 * 1024), play.now);
    play.pass(5ms);
    EXPECT_THAT(play.send().names, ElementsAre("red 2"));
}

}  // namespace
}  // namespace lk::pipeline
