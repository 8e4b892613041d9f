// Keys that are paused while much of them is in the outbox.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "pipeline/core_script.hpp"
#include "pipeline/outbox_stage_script.hpp"

namespace lk::pipeline {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int events = 4000;

class OutboxStagePause : public OutboxStageScript {
  protected:
    OutboxStagePause() : OutboxStageScript(options()) {}
    static CoreOptions options() {
        CoreOptions all = usual_options();
        all.pause_on_failure = true;
        return all;
    }

    /// Dispatches far more than fits into memory, most of it to a key of which the first event
    /// fails. `others`: how the rest is called.
    void pause_the_key_with_most() {
        write("p0", "p", 1000);
        keep();
        ASSERT_THAT(send(), ElementsAre("p0"));
        for (int i = 1; i < events; ++i) {
            if (i % 4 == 0) {
                others.push_back("q" + std::to_string(i));
                write(others.back(), "q" + std::to_string(i % 16), 1000);
            } else {
                own.push_back("p" + std::to_string(i));
                write(own.back(), "p", 1000);
            }
            if (i % 10 == 0) keep();
        }
        keep();
        PutRecordsAnswer refused;
        refused.add_failed("ValidationException", "not this one");
        core.answered(under_way.front().id, refused, now);
        under_way.pop_front();
        take_settled();
        ASSERT_TRUE(core.is_paused(lane));
        results.clear();
    }

    std::vector<std::string> own;
    std::vector<std::string> others;
    const std::uint64_t lane = intake.lane_of("p");
};

TEST_F(OutboxStagePause, WhatIsOfAPausedKeyStaysOnTheDiskAndOthersGoOn) {
    pause_the_key_with_most();
    auto sent = drain();
    std::sort(sent.begin(), sent.end());
    std::sort(others.begin(), others.end());
    EXPECT_EQ(sent, others);
    EXPECT_LT(budget->held(), mebibyte / 2);
    EXPECT_FALSE(stage->empty());
    EXPECT_FALSE(core.generations().any_moving_up_to(0)) << "a flush() waits for none of it";
    // Nor is it read again and again.
    const TimePoint later = stage->next_moment(now);
    EXPECT_EQ(later, never);

    ASSERT_TRUE(core.resume(lane, now));
    stage->resumed(lane);
    write("last", "p");
    own.emplace_back("last");
    EXPECT_TRUE(core.generations().any_moving_up_to(0));
    EXPECT_EQ(drain(), own);
    EXPECT_THAT(outbox->pages, IsEmpty());
    EXPECT_TRUE(stage->empty());
    EXPECT_FALSE(core.generations().any_unsettled_up_to(0));
}

// As long as it is full what is of the key stays in memory, and others pass it.
TEST_F(OutboxStagePause, OthersGoOnAlsoWhereTheDiskStaysFull) {
    pause_the_key_with_most();
    outbox->most_at_once = 0;
    for (int i = 0; i < 60; ++i) {
        write("late p" + std::to_string(i), "p", 1000);
        others.push_back("late q" + std::to_string(i));
        write(others.back(), "q0", 1000);
        if (i % 10 == 0) keep();
    }
    const auto sent = drain();
    EXPECT_THAT(sent, testing::UnorderedElementsAreArray(others));
    const auto late = std::find(sent.begin(), sent.end(), "late q0");
    EXPECT_TRUE(std::equal(late, sent.end(), others.end() - 60, others.end())) << "in order";
    outbox->most_at_once = 1000;
    now += std::chrono::seconds(1);
    core.resume(lane, now);
    stage->resumed(lane);
    const auto rest = drain();
    for (int i = 0; i < 60; ++i) own.push_back("late p" + std::to_string(i));
    EXPECT_EQ(rest, own);
    EXPECT_TRUE(stage->empty());
}

TEST_F(OutboxStagePause, WhatIsDiscardedFailsWhereverItIs) {
    pause_the_key_with_most();
    drain();
    const std::uint32_t last_generation = intake.end_generation();
    ASSERT_EQ(core.discard(lane, {ErrorCode::lane_paused, "discarded", false, 0}),
              Core::Discarded::all);
    stage->discarded(lane, {ErrorCode::lane_paused, "discarded", false, 0}, last_generation);
    take_settled();
    write("new", "p");
    EXPECT_THAT(drain(), ElementsAre("new"));
    EXPECT_EQ(endings[Ending::failed], static_cast<int>(own.size()) + 1);
    EXPECT_THAT(outbox->pages, IsEmpty());
    EXPECT_TRUE(stage->empty());
    EXPECT_FALSE(core.is_paused(lane));
    EXPECT_FALSE(core.generations().any_unsettled_up_to(last_generation + 1));
}

TEST_F(OutboxStagePause, WhatIsKnownOfDiscardedKeysCountsUntilNothingIsLeftOfThem) {
    pause_the_key_with_most();
    drain();
    const std::size_t before = budget->held();
    constexpr std::size_t keys = 1000;
    for (std::size_t i = 0; i < keys; ++i) {
        stage->discarded(i + 1, {ErrorCode::lane_paused, "discarded", false, 0}, 0);
    }
    turn();
    EXPECT_GE(budget->held(), before + keys * 128);
    ASSERT_TRUE(core.resume(lane, now));
    stage->resumed(lane);
    drain();
    EXPECT_LE(budget->held(), before);
}

// Too large for the stream besides: it fails once.
TEST_F(OutboxStagePause, WhatIsDiscardedBeforeItIsSentFailsOnce) {
    pause_the_key_with_most();
    drain();
    core.stream_is(limited_to(mebibyte), now);
    write("large", "p", 2 * mebibyte);
    turn();
    const Error discarded{ErrorCode::lane_paused, "discarded", false, 0};
    ASSERT_EQ(core.discard(lane, discarded, intake.end_generation()), Core::Discarded::all);
    stage->discarded(lane, discarded, intake.end_generation());
    take_settled();
    drain();
    EXPECT_EQ(endings[Ending::failed], static_cast<int>(own.size()) + 2);
    EXPECT_THAT(outbox->pages, IsEmpty());
    EXPECT_EQ(budget->events(), 0U);
}

// All that the earlier run left of the key, and nothing that is dispatched now.
TEST_F(OutboxStagePause, WhatAnEarlierRunDiscardedFailsInThisOne) {
    for (const char* const name : {"p1", "p2", "q1"}) write(name, std::string(1, name[0]));
    keep();
    // The process dies, and p was discarded just before.
    const auto left_behind = outbox->pages;
    outbox::LeftPage left;
    left.id = left_behind.begin()->first;
    for (const auto& record : left_behind.begin()->second.records) {
        left.fingerprints.push_back(record.fingerprint);
    }
    drain();
    outbox->pages = left_behind;
    outbox->left = {left};
    outbox->discarded_keys = {{lane, left.id}};
    endings.clear();
    ASSERT_FALSE(stage->shelve_what_was_left());
    write("p3", "p");
    EXPECT_THAT(drain(), ::testing::UnorderedElementsAre("q1", "p3"));
    EXPECT_EQ(endings[Ending::unknown], 2) << "that run may have sent them";
    EXPECT_THAT(outbox->pages, IsEmpty());
    EXPECT_FALSE(core.is_paused(lane));
}

TEST_F(OutboxStagePause, AtTheEndItIsLeftForTheNextRun) {
    pause_the_key_with_most();
    drain();
    close();
    const auto sum = core.generations().take_up_to(0);
    EXPECT_EQ(sum.kept, own.size());
    EXPECT_EQ(sum.failed, 1U);
    EXPECT_EQ(sum.paused, 0U);
    EXPECT_EQ(sum.unsettled, 0U);
}

}  // namespace
}  // namespace lk::pipeline
