#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/core_script.hpp"

namespace lk::pipeline {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

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

}  // namespace
}  // namespace lk::pipeline
