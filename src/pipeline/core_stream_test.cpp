#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/core_script.hpp"

namespace lk::pipeline {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Names = std::vector<std::string>;

constexpr std::uint32_t mebibyte = 1024 * 1024;

Failure denied() {
    return classify_answer(400, "AccessDeniedException", "not allowed");
}

Failure not_now() {
    return {FailureClass::transient, ErrorCode::network, {}, "no answer", false};
}

TEST(CoreStream, IsAskedAboutWithTheFirstRecordAndOnce) {
    CoreScript play;
    EXPECT_FALSE(play.core.wants_stream_facts(play.now));
    EXPECT_EQ(play.core.next_moment(play.now), never);
    play.dispatch("first");
    EXPECT_TRUE(play.core.wants_stream_facts(play.now));
    EXPECT_THAT(play.send().names, ElementsAre("first")) << "it waits for no answer";
    EXPECT_FALSE(play.core.wants_stream_facts(play.now));
    play.core.stream_is(limited_to(mebibyte), play.now);
    play.dispatch("second");
    EXPECT_FALSE(play.core.wants_stream_facts(play.now));
}

TEST(CoreStream, IsAskedAboutBeforeTheFirstRecordOnDemand) {
    CoreOptions options = CoreScript::usual_options();
    options.asks_at_start = true;
    CoreScript play(options);
    EXPECT_LE(play.core.next_moment(play.now), play.now);
    EXPECT_TRUE(play.core.wants_stream_facts(play.now));
    EXPECT_FALSE(play.core.wants_stream_facts(play.now));
    play.core.stream_unknown(not_now(), play.now);
    EXPECT_EQ(play.core.next_moment(play.now), never) << "an idle one asks nobody again";
    play.now += 10s;
    EXPECT_FALSE(play.core.wants_stream_facts(play.now));
    play.dispatch("first");
    EXPECT_TRUE(play.core.wants_stream_facts(play.now));
}

TEST(CoreStream, IsNotAskedAboutAgainOnceItTookARecord) {
    CoreScript play;
    play.dispatch("first");
    EXPECT_TRUE(play.core.wants_stream_facts(play.now));
    play.core.stream_unknown(not_now(), play.now);
    play.answer(play.send(), {"ok"});
    play.now += 10s;
    play.dispatch("second");
    EXPECT_FALSE(play.core.wants_stream_facts(play.now));
    play.dispatch("large", 0, 2 * mebibyte);
    EXPECT_TRUE(play.core.wants_stream_facts(play.now)) << "its limit is still not known";
}

TEST(CoreStream, ThatIsBeingCreatedIsWaitedFor) {
    CoreScript play;
    play.dispatch("event");
    ASSERT_TRUE(play.core.wants_stream_facts(play.now));
    play.core.stream_is(limited_to(mebibyte, "CREATING"), play.now);
    for (int i = 0; i < 30; ++i) {
        play.find_no_stream(play.send());
        play.pass(1s);
        EXPECT_TRUE(play.core.wants_stream_facts(play.now));
        play.core.stream_is(limited_to(mebibyte, "CREATING"), play.now);
    }
    EXPECT_THAT(play.endings, IsEmpty());
    play.core.stream_is(limited_to(mebibyte), play.now);
    const auto sent = play.send();
    EXPECT_EQ(sent.parcels.at(0).first->attempts, 1) << "waiting spends no attempts";
    play.answer(sent, {"ok"});
    EXPECT_THAT(play.endings, ElementsAre("event published"));
}

TEST(CoreStream, ThatIsBeingCreatedIsWaitedForNoLongerThanAnEventMay) {
    CoreScript play;
    play.dispatch("event");
    ASSERT_TRUE(play.core.wants_stream_facts(play.now));
    play.core.stream_is(limited_to(mebibyte, "CREATING"), play.now);
    play.find_no_stream(play.send());
    play.pass(120s);
    EXPECT_THAT(play.endings, ElementsAre("event failed"));
    EXPECT_EQ(play.errors["event"].code, ErrorCode::not_in_time);
}

TEST(CoreStream, ThatIsNotThereFailsItsEventsAsSoonAsThatIsCertain) {
    CoreScript play;
    play.dispatch("early");
    ASSERT_TRUE(play.core.wants_stream_facts(play.now));
    play.find_no_stream(play.send());
    EXPECT_THAT(play.endings, IsEmpty()) << "it may be in creation";
    play.core.stream_unknown(classify_answer(400, "ResourceNotFoundException", "not there"),
                             play.now);
    play.pass(1s);
    play.find_no_stream(play.send());
    EXPECT_THAT(play.endings, ElementsAre("early failed"));
    EXPECT_EQ(play.errors["early"].code, ErrorCode::stream_not_found);
}

TEST(CoreStream, ThatWasThereAndIsNotAnyMoreFailsItsEvents) {
    for (const bool told : {true, false}) {
        CoreScript play;
        play.dispatch("first");
        ASSERT_TRUE(play.core.wants_stream_facts(play.now));
        if (told) {
            play.core.stream_is(limited_to(mebibyte), play.now);
        } else {
            play.core.stream_unknown(denied(), play.now);
        }
        play.find_no_stream(play.send());
        EXPECT_THAT(play.endings, ElementsAre("first failed"));
    }
}

TEST(CoreStream, ThatIsBeingUpdatedTakesRecordsButItsLimitMayRise) {
    CoreScript play;
    play.dispatch("large", 0, 3 * mebibyte);
    play.dispatch("larger", 0, 5 * mebibyte);
    ASSERT_TRUE(play.core.wants_stream_facts(play.now));
    play.core.stream_is(limited_to(4 * mebibyte, "UPDATING"), play.now);
    const auto sent = play.send();
    EXPECT_THAT(sent.names, ElementsAre("large"));
    EXPECT_FALSE(play.core.wants_stream_facts(play.now));
    EXPECT_LE(play.core.next_moment(play.now), play.now + 1s);
    play.now += 1s;
    ASSERT_TRUE(play.core.wants_stream_facts(play.now));
    play.core.stream_is(limited_to(8 * mebibyte), play.now);
    EXPECT_THAT(play.send().names, ElementsAre("larger"));
}

TEST(CoreStream, PausesTheWholeStreamWhenARequestFails) {
    CoreScript play;
    for (int i = 0; i < 1000; ++i) play.dispatch(std::to_string(i));
    const auto first = play.send();
    const auto second = play.send();
    play.fail(first, FailureClass::transient);
    play.fail(second, FailureClass::transient);
    play.pass(10s);
    play.dispatch("later");
    const auto probe = play.send();
    EXPECT_NE(probe.id, 0U);
    EXPECT_EQ(play.send().id, 0U) << "one request at a time until one is answered";
    play.answer(probe, Names(probe.names.size(), "ok"));
    EXPECT_NE(play.send().id, 0U);
}

TEST(CoreStream, WaitsOutWhatIsWrongWithTheStreamAndLooksEvery30Seconds) {
    CoreOptions patient = CoreScript::usual_options();
    patient.wait_out_stream_failures = true;
    patient.deliver_within = std::chrono::hours(24 * 365);
    CoreScript play(patient);
    const Pending* const one = play.dispatch("one");
    for (int i = 1; i < 1000; ++i) play.dispatch(std::to_string(i));
    const auto first = play.send();
    const auto second = play.send();
    ASSERT_NE(second.id, 0U);
    play.fail(first, FailureClass::final);
    play.fail(second, FailureClass::final);
    for (int looks = 0; looks < 3; ++looks) {
        ASSERT_NE(play.core.waited_out(), nullptr);
        EXPECT_EQ(play.core.waited_out()->message, "because");
        play.pass(30s - 1ms);
        EXPECT_EQ(play.send().id, 0U);
        play.pass(1ms);
        const auto look = play.send();
        ASSERT_NE(look.id, 0U);
        EXPECT_EQ(play.send().id, 0U) << "one request looks";
        play.fail(look, FailureClass::final);
    }
    EXPECT_THAT(play.endings, IsEmpty());
    play.pass(30s);
    play.answer_all(play.send(), "ok");
    EXPECT_EQ(play.core.waited_out(), nullptr);
    for (int i = 0; i < 100; ++i) {
        play.pass(100ms);
        if (const auto more = play.send(); more.id != 0) play.answer_all(more, "ok");
    }
    EXPECT_EQ(play.endings.size(), 1000U);
    EXPECT_EQ(one->attempts, 1) << "to look in vain is no attempt";
}

TEST(CoreStream, WaitsForAStreamThatIsBeingCreatedWithoutSpendingAttempts) {
    CoreScript play;
    Pending* const a = play.dispatch("a");
    for (int i = 0; i < 20; ++i) {
        play.fail(play.send(), FailureClass::not_ready);
        play.pass(1s);
    }
    EXPECT_EQ(a->attempts, 0);
    play.answer(play.send(), {"ok"});
    EXPECT_EQ(a->attempts, 1);
}

TEST(CoreStream, ALargeRecordWaitsForTheStreamsLimitAndOthersDoNot) {
    CoreScript play;
    play.dispatch("small");
    play.dispatch("large", 0, 3 * mebibyte);
    play.dispatch("too large", 0, 5 * mebibyte);
    EXPECT_TRUE(play.core.wants_stream_facts(play.now));
    EXPECT_FALSE(play.core.wants_stream_facts(play.now)) << "it is asked once";
    const auto first = play.send();
    EXPECT_THAT(first.names, ElementsAre("small"));
    play.core.stream_is(limited_to(4 * mebibyte), play.now);
    play.now += 5ms;
    EXPECT_THAT(play.send().names, ElementsAre("large"));
    EXPECT_THAT(play.endings, ElementsAre("too large failed"));
    EXPECT_EQ(play.errors["too large"].code, ErrorCode::too_large);
}

TEST(CoreStream, WithoutThePermissionToAskLargeRecordsGoAlone) {
    CoreScript play;
    for (const char* name : {"large 1", "large 2"}) play.dispatch(name, 0, 3 * mebibyte);
    EXPECT_TRUE(play.core.wants_stream_facts(play.now));
    play.core.stream_unknown({FailureClass::final, ErrorCode::access_denied, {}, {}, false},
                             play.now);
    play.dispatch("small");
    EXPECT_THAT(play.send().names, ElementsAre("large 1"));
    play.now += 5ms;
    EXPECT_THAT(play.send().names, ElementsAre("large 2"));
    play.now += 5ms;
    EXPECT_THAT(play.send().names, ElementsAre("small"));
}

TEST(CoreStream, AsksAgainForTheLimitBeforeItRefusesALaterRecord) {
    CoreScript play;
    play.dispatch("a", 0, 3 * mebibyte);
    EXPECT_TRUE(play.core.wants_stream_facts(play.now));
    play.core.stream_is(limited_to(2 * mebibyte), play.now);
    play.dispatch("b", 0, 3 * mebibyte);
    EXPECT_FALSE(play.core.wants_stream_facts(play.now)) << "it was asked just now";
    play.note();
    EXPECT_THAT(play.endings, ElementsAre("a failed", "b failed"));
    play.pass(1min);
    play.dispatch("c", 0, 3 * mebibyte);
    play.dispatch("fits", 0, 2 * mebibyte - 1);
    EXPECT_THAT(play.send().names, ElementsAre("fits")) << "it waits for nothing";
    EXPECT_TRUE(play.core.wants_stream_facts(play.now));
    play.core.stream_is(limited_to(4 * mebibyte), play.now);
    play.pass(5ms);
    EXPECT_THAT(play.send().names, ElementsAre("c"));
}

TEST(CoreStream, AsksAgainForALimitThatItWasNotToldWhenALargeRecordComesLater) {
    CoreScript play;
    play.dispatch("a", 0, 3 * mebibyte);
    EXPECT_TRUE(play.core.wants_stream_facts(play.now));
    play.core.stream_unknown({FailureClass::final, ErrorCode::access_denied, {}, {}, false},
                             play.now);
    play.answer_all(play.send(), "ok");
    play.pass(5min);
    EXPECT_FALSE(play.core.wants_stream_facts(play.now));
    EXPECT_EQ(play.core.next_moment(play.now), never) << "nobody needs it";
    play.dispatch("b", 0, 3 * mebibyte);
    EXPECT_TRUE(play.core.wants_stream_facts(play.now));
}

TEST(CoreStream, AsksAgainForTheLimitWhenTheAnswerFailedForNow) {
    CoreScript play;
    play.dispatch("large", 0, 3 * mebibyte);
    EXPECT_TRUE(play.core.wants_stream_facts(play.now));
    play.core.stream_unknown({FailureClass::slow_down, ErrorCode::throttled, {}, {}, false},
                             play.now);
    EXPECT_LE(play.core.next_moment(play.now), play.now + 10s);
    play.now += 10s;
    EXPECT_TRUE(play.core.wants_stream_facts(play.now));
}

}  // namespace
}  // namespace lk::pipeline
