#include <atomic>
#include <chrono>

#include "fixture.hpp"

namespace lk {
namespace {

using ::testing::HasSubstr;

// What becomes of a key's events when one fails, and where no order is wanted.
class OrderingTest : public DispatchTest {
  protected:
    OrderingTest() {
        kinesis->answer_with = [](const auto& records) -> FakeKinesis::Result {
            PutRecordsAnswer answer;
            for (const auto& record : records) {
                if (record.data.find("poison") != std::string::npos) {
                    answer.add_failed("KMSDisabledException", "the key is disabled");
                } else {
                    answer.add_stored("shardId-000000000000", "1");
                }
            }
            return answer;
        };
    }
    [[nodiscard]] DispatchOptions pausing() {
        DispatchOptions changed = options();
        changed.on_ordered_failure = OnOrderedFailure::pause;
        changed.close_deadline = 0ms;
        return changed;
    }
    const EventOptions key{.partition_key = "k"};
};

TEST_F(OrderingTest, WithoutAnOrderSeveralEventsOfAKeyAreUnderWayAtOnce) {
    kinesis->hold();
    DispatchOptions unordered = options();
    unordered.ordering = Ordering::none;
    unordered.linger = 0ms;
    auto dispatch = get_dispatch(unordered);
    dispatch("a", {}, key);
    kinesis->wait_for_requests(1);
    dispatch("b", {}, key);
    kinesis->wait_for_requests(2);
    kinesis->release();
    EXPECT_EQ(dispatch.flush(60s)->published, 2U);
}

TEST_F(OrderingTest, AFailureGoesOnUnlessToldOtherwise) {
    auto dispatch = get_dispatch(options());
    EXPECT_FALSE(dispatch("poison", {}, key).wait());
    EXPECT_TRUE(dispatch("t", {}, key).wait());
    EXPECT_FALSE(dispatch.resume("k"));
    EXPECT_FALSE(dispatch.discard("k"));
}

TEST_F(OrderingTest, AFailurePausesItsKeyAlone) {
    auto dispatch = get_dispatch(pausing());
    EXPECT_EQ(dispatch("poison", {}, key).wait().error().code, ErrorCode::encryption);
    const Error error = dispatch("t", {}, key).wait().error();
    EXPECT_EQ(error.code, ErrorCode::lane_paused);
    EXPECT_FALSE(error.may_have_been_delivered);
    EXPECT_THAT(error.message, HasSubstr("\"k\""));
    EXPECT_TRUE(dispatch("t", {}, {.partition_key = "other"}).wait());
    EXPECT_TRUE(dispatch("t").wait());
}

TEST_F(OrderingTest, ResumeLetsTheKeyGoOn) {
    kinesis->hold();
    auto dispatch = get_dispatch(pausing());
    Published poison = dispatch("poison", {}, key);
    kinesis->wait_for_requests(1);
    Published waiting = dispatch("t", {}, key);
    kinesis->release();
    EXPECT_FALSE(poison.wait());
    const auto counts = dispatch.flush(60s);
    EXPECT_EQ(counts->failed, 1U);
    EXPECT_EQ(counts->paused, 1U);
    EXPECT_EQ(counts->timed_out, 0U);
    EXPECT_FALSE(waiting.ready());
    EXPECT_TRUE(dispatch.resume("k"));
    EXPECT_FALSE(dispatch.resume("k"));
    EXPECT_TRUE(waiting.wait());
    EXPECT_TRUE(dispatch("t", {}, key).wait());
    EXPECT_EQ(dispatch.flush(60s)->published, 2U);
}

TEST_F(OrderingTest, DiscardFailsWhatWaitsAndNothingThatIsDispatchedAfterIt) {
    for (int round = 0; round < 50; ++round) {
        kinesis->hold();
        auto dispatch = get_dispatch(pausing());
        Published poison = dispatch("poison", {}, key);
        kinesis->wait_for_requests(static_cast<std::size_t>(round) * 2 + 1);
        Published waiting = dispatch("t", {}, key);
        kinesis->release();
        EXPECT_FALSE(poison.wait());
        while (!dispatch.discard("k")) std::this_thread::yield();
        EXPECT_TRUE(dispatch("t", {}, key).wait());
        const Error error = waiting.wait().error();
        EXPECT_EQ(error.code, ErrorCode::lane_paused);
        EXPECT_FALSE(error.may_have_been_delivered);
    }
}

TEST_F(OrderingTest, CloseFailsWhatIsPausedAtItsDeadline) {
    kinesis->hold();
    auto dispatch = get_dispatch(pausing());
    Published poison = dispatch("poison", {}, key);
    kinesis->wait_for_requests(1);
    Published waiting = dispatch("t", {}, key);
    kinesis->release();
    EXPECT_FALSE(poison.wait());
    const auto counts = dispatch.close(10ms);
    EXPECT_EQ(counts->failed, 2U);
    EXPECT_EQ(counts->paused, 0U);
    EXPECT_EQ(waiting.wait().error().code, ErrorCode::not_in_time);
}

}  // namespace
}  // namespace lk
