#include <atomic>
#include <future>
#include <thread>

#include "fixture.hpp"

namespace lk {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr std::size_t mebibyte = 1024 * 1024;

// What dispatch() does when the budget, or a share of it, is used up.
class FullBudget : public DispatchTest {
  protected:
    [[nodiscard]] DispatchOptions small(WhenFull when_full) {
        DispatchOptions changed = options();
        changed.budget_bytes = mebibyte;
        changed.when_full = when_full;
        return changed;
    }
    static Error refused(Published published) {
        const Outcome outcome = published.wait();
        EXPECT_FALSE(outcome);
        return outcome ? Error{} : outcome.error();
    }
    const std::string quarter = std::string(mebibyte / 4, 'x');
};

TEST_F(FullBudget, EventsAreLimitedToo) {
    kinesis->hold();
    DispatchOptions few = small(WhenFull::fail);
    few.budget_events = 3;
    auto dispatch = get_dispatch(few);
    std::vector<Published> accepted;
    for (int i = 0; i < 3; ++i) accepted.push_back(dispatch("t"));
    const Error error = refused(dispatch("t"));
    EXPECT_EQ(error.code, ErrorCode::full);
    EXPECT_THAT(error.message, AllOf(HasSubstr("budget_events"), HasSubstr("3 events")));
    kinesis->release();
    // There is room for more a moment after the results are told; a flush ends when there is.
    EXPECT_EQ(dispatch.flush(60s)->published, 3U);
    for (Published& one : accepted) EXPECT_TRUE(one.wait());
    EXPECT_TRUE(dispatch("t").wait()) << "there is room again";
}

TEST_F(FullBudget, SuspendAcceptsSoManyMoreAndThenFails) {
    kinesis->hold();
    DispatchOptions suspending = small(WhenFull::suspend);
    suspending.budget_events = 2;
    suspending.max_suspended = 3;
    auto dispatch = get_dispatch(suspending);
    std::vector<Published> accepted;
    for (int i = 0; i < 5; ++i) accepted.push_back(dispatch("t"));
    const Error error = refused(dispatch("t"));
    EXPECT_EQ(error.code, ErrorCode::full);
    EXPECT_THAT(error.message, AllOf(HasSubstr("max_suspended"), HasSubstr("3 events more")));
    kinesis->release();
    EXPECT_EQ(dispatch.flush(60s)->published, 5U);
    for (Published& one : accepted) EXPECT_TRUE(one.wait());
    EXPECT_TRUE(dispatch("t").wait());
}

TEST_F(FullBudget, ManyCoroutinesAreSuspendedAndAllGoOn) {
    DispatchOptions suspending = small(WhenFull::suspend);
    suspending.budget_events = 10;
    suspending.max_suspended = 990;
    auto dispatch = get_dispatch(suspending);
    kinesis->hold();
    std::atomic<int> published{0};
    for (int i = 0; i < 1000; ++i) {
        dispatch("t").then([&](const Outcome& outcome) { published += outcome ? 1 : 0; });
    }
    kinesis->release();
    EXPECT_EQ(dispatch.flush(60s)->published, 1000U);
    EXPECT_TRUE(dispatch.close(60s));
    while (published < 1000) std::this_thread::yield();
}

TEST_F(FullBudget, AStuckKeyFailsAloneAndOthersGoOn) {
    kinesis->answer_with = [](const auto& records) -> FakeKinesis::Result {
        PutRecordsAnswer answer;
        for (const auto& record : records) {
            if (record.partition_key == "stuck") {
                answer.add_failed("InternalFailure", "not today");
            } else {
                answer.add_stored("shardId-000000000000", "1");
            }
        }
        return answer;
    };
    DispatchOptions sharing = small(WhenFull::fail);
    sharing.share_per_key = 0.25;
    sharing.close_deadline = 0ms;
    auto dispatch = get_dispatch(sharing);
    std::vector<Published> stuck;
    stuck.push_back(dispatch.record(quarter, {.partition_key = "stuck"}));
    const Error error = refused(dispatch.record("x", {.partition_key = "stuck"}));
    EXPECT_EQ(error.code, ErrorCode::full);
    EXPECT_THAT(error.message, AllOf(HasSubstr("\"stuck\""), HasSubstr("share_per_key")));
    for (int i = 0; i < 200; ++i) {
        EXPECT_TRUE(dispatch("t", {}, {.partition_key = "key " + std::to_string(i)}).wait());
        EXPECT_TRUE(dispatch("t").wait());
    }
    EXPECT_FALSE(stuck[0].ready());
}

TEST_F(FullBudget, TheLeastShareStillTakesOneEventOfAKey) {
    DispatchOptions sharing = small(WhenFull::fail);
    sharing.share_per_key = 1e-9;
    auto dispatch = get_dispatch(sharing);
    EXPECT_TRUE(dispatch("t", {}, {.partition_key = "k"}).wait());
}

TEST_F(FullBudget, WhoWaitsForAKeysShareDoesNotWaitForItsLinger) {
    DispatchOptions slow = small(WhenFull::block);
    slow.share_per_key = 0.1;
    slow.linger = 1h;
    slow.budget_bytes = 16 * mebibyte;
    slow.deliver_within = std::chrono::hours(8);
    auto dispatch = get_dispatch(slow);
    auto done = std::async(std::launch::async, [&] {
        for (int i = 0; i < 40; ++i) dispatch.record(quarter, {.partition_key = "k"});
    });
    EXPECT_EQ(done.wait_for(60s), std::future_status::ready);
    EXPECT_EQ(dispatch.flush(60s)->published, 40U);
}

TEST_F(FullBudget, WhoWaitsForRoomForAKeyThatIsPausedIsToldSo) {
    kinesis->hold();
    DispatchOptions pausing = small(WhenFull::block);
    pausing.on_ordered_failure = OnOrderedFailure::pause;
    auto dispatch = get_dispatch(pausing);
    const EventOptions key{.partition_key = "k"};
    // An eighth of the budget is the key's: the second finds no room.
    Published first = dispatch.record(quarter, {.partition_key = "k"});
    Published second;
    std::thread waiting([&] { second = dispatch("t", {}, key); });
    kinesis->wait_for_requests(1);
    std::this_thread::sleep_for(20ms);
    kinesis->answer_next(Failure{FailureClass::final, ErrorCode::encryption, {}, "no key", false});
    waiting.join();
    EXPECT_EQ(first.wait().error().code, ErrorCode::encryption);
    EXPECT_EQ(refused(std::move(second)).code, ErrorCode::lane_paused);
    EXPECT_TRUE(dispatch.discard("k"));
}

TEST_F(FullBudget, NoLingerHoldsABatchWhenTheBudgetIsHalfFull) {
    DispatchOptions slow = small(WhenFull::fail);
    slow.linger = 1h;
    slow.deliver_within = std::chrono::hours(8);
    auto dispatch = get_dispatch(slow);
    EXPECT_TRUE(dispatch("an idle stream sends at once").wait());
    Published lingering = dispatch.record(quarter);
    Published half = dispatch.record(quarter);
    Published over = dispatch.record(quarter);
    EXPECT_TRUE(half.wait());
    EXPECT_TRUE(lingering.wait());
}

// One that is seen within a time that is long for any machine and short beside the linger.
bool settles(Published published) {
    auto settled = std::make_shared<std::promise<void>>();
    auto when = settled->get_future();
    std::move(published).then([settled](const Outcome&) { settled->set_value(); });
    return when.wait_for(60s) == std::future_status::ready;
}

TEST_F(FullBudget, NorWhenItIsHalfFullByEvents) {
    DispatchOptions slow = small(WhenFull::fail);
    slow.budget_events = 100;
    slow.linger = 1h;
    slow.deliver_within = std::chrono::hours(8);
    slow.close_deadline = 0ms;
    auto dispatch = get_dispatch(slow);
    EXPECT_TRUE(dispatch("an idle stream sends at once").wait());
    Published first = dispatch("t");
    for (int i = 0; i < 49; ++i) dispatch("t");
    EXPECT_TRUE(settles(std::move(first)));
}

TEST_F(FullBudget, NorWhenOneRecordFillsTheHalfThatOpensAPage) {
    DispatchOptions slow = small(WhenFull::fail);
    slow.linger = 1h;
    slow.deliver_within = std::chrono::hours(8);
    slow.close_deadline = 0ms;
    auto dispatch = get_dispatch(slow);
    // From another thread, so that this one's stripe has no page to be found full.
    std::thread([&] { EXPECT_TRUE(dispatch("an idle stream sends at once").wait()); }).join();
    EXPECT_TRUE(settles(dispatch.record(std::string(900 * 1024, 'x'))));
}

TEST_F(FullBudget, WhoAsksForRoomInVainIsHeardAlsoWhileTheDriverIsAtWork) {
    // Its questions are asked by the driver when it has looked at who wants room, and does not
    // listen yet.
    class Asked : public FakeKinesis {
      public:
        std::function<void()> meanwhile;
        void describe_stream_summary(std::string_view, DescribeDone done) override {
            if (++times == 1) {
                // It is asked once more for the sake of a large record.
                return done(Failure{FailureClass::transient, ErrorCode::network, {}, {}, false});
            }
            unanswered = std::move(done);
            if (times == 2) meanwhile();
        }
        int times = 0;
        DescribeDone unanswered;
    };
    auto asked = std::make_shared<Asked>();
    DispatchOptions slow = small(WhenFull::fail);
    slow.kinesis_client = asked;
    slow.budget_bytes = 64 * mebibyte;
    slow.share_per_key = 1e-9;
    slow.linger = 1h;
    slow.request_timeout = 1h;
    slow.deliver_within = std::chrono::hours(8);
    slow.close_deadline = 0ms;
    slow.check_stream_within = 0ms;
    auto dispatch = get_dispatch(slow);
    std::promise<Error> refusal;
    asked->meanwhile = [&] {
        refusal.set_value(refused(dispatch.record("x", {.partition_key = "k"})));
    };
    EXPECT_TRUE(dispatch("an idle stream sends at once").wait());
    Published lingers = dispatch.record("x", {.partition_key = "k"});
    // Its page is the second of this thread's stripe, which is heard.
    Published large = dispatch.record(std::string(2 * mebibyte, 'x'));
    EXPECT_EQ(refusal.get_future().get().code, ErrorCode::full);
    EXPECT_TRUE(settles(std::move(lingers)));
    EXPECT_FALSE(large.ready());
    ASSERT_TRUE(dispatch.close(0ms));
}

// Shard 0 holds the lower quarter of the hash keys and is never able to take a record.
class Slow : public FakeKinesis {
  public:
    void list_shards(std::string_view, ListShardsDone done) override {
        const std::string quarter = "85070591730234615865843651857942052864";
        const std::string before = "85070591730234615865843651857942052863";
        const std::string last = "340282366920938463463374607431768211455";
        done(std::vector<Shard>{{"shardId-000000000000", "0", before, {}, {}, true},
                                {"shardId-000000000001", quarter, last, {}, {}, true}});
    }
};

TEST_F(FullBudget, AThrottledShardFailsAloneAndOthersGoOn) {
    auto slow = std::make_shared<Slow>();
    slow->answer_with = [](const auto& records) -> FakeKinesis::Result {
        PutRecordsAnswer answer;
        for (const auto& record : records) {
            if (record.explicit_hash_key == "1") {
                answer.add_failed("ProvisionedThroughputExceededException",
                                  "Rate exceeded for shard shardId-000000000000 in stream x");
            } else {
                answer.add_stored("shardId-000000000001", "1");
            }
        }
        return answer;
    };
    DispatchOptions sharing = small(WhenFull::fail);
    sharing.kinesis_client = slow;
    // The share is full long before the budget, also where what was given back is noticed late.
    sharing.budget_bytes = 16 * mebibyte;
    sharing.share_per_shard = 1.0 / 64;
    sharing.close_deadline = 0ms;
    auto dispatch = get_dispatch(sharing);
    const RecordOptions to_slow = {.partition_key = {}, .explicit_hash_key = "1"};
    const RecordOptions to_other = {.partition_key = {},
                                    .explicit_hash_key = "340282366920938463463374607431768211455"};
    std::vector<Published> stuck;
    std::optional<Error> error;
    const auto until = std::chrono::steady_clock::now() + 60s;
    while (!error && std::chrono::steady_clock::now() < until) {
        Published one = dispatch.record(std::string(32 * 1024, 'x'), to_slow);
        std::this_thread::sleep_for(5ms);
        if (one.ready()) {
            error = refused(std::move(one));
        } else {
            stuck.push_back(std::move(one));
        }
    }
    ASSERT_TRUE(error);
    EXPECT_EQ(error->code, ErrorCode::full);
    EXPECT_THAT(error->message, HasSubstr("share_per_shard"));
    for (int i = 0; i < 50; ++i) {
        EXPECT_TRUE(dispatch.record("x", to_other).wait());
        EXPECT_TRUE(dispatch("a random key is one for another shard").wait());
    }
}

}  // namespace
}  // namespace lk
