#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include "fixture.hpp"

namespace lk {
namespace {

using ::testing::HasSubstr;

using FlushClose = DispatchTest;

TEST_F(FlushClose, FlushSendsAtOnceWhatLingers) {
    DispatchOptions slow = options();
    slow.linger = 1h;
    auto dispatch = get_dispatch(slow);
    EXPECT_TRUE(dispatch("an idle stream sends at once").wait());
    Published lingering = dispatch("t");
    EXPECT_EQ(dispatch.flush(60s)->published, 2U);
    EXPECT_TRUE(lingering.ready());
}

TEST_F(FlushClose, FlushWaitsNoLongerThanItsDeadline) {
    kinesis->hold();
    auto dispatch = get_dispatch(options());
    Published published = dispatch("t");
    const auto counts = dispatch.flush(20ms);
    EXPECT_EQ(counts->timed_out, 1U);
    EXPECT_EQ(counts->published, 0U);
    kinesis->release();
    EXPECT_TRUE(published.wait());
    EXPECT_EQ(dispatch.flush(60s)->published, 1U) << "told by the flush that saw it settled";
    EXPECT_EQ(dispatch.flush(60s)->published, 0U) << "and only once";
}

TEST_F(FlushClose, FlushDoesNotWaitForWhatIsDispatchedAfterIt) {
    DispatchOptions slow = options();
    slow.linger = 1h;
    auto dispatch = get_dispatch(slow);
    EXPECT_TRUE(dispatch("an idle stream sends at once").wait());
    kinesis->hold();
    dispatch("before");
    auto flushed = std::async(std::launch::async, [&] { return dispatch.flush(60s)->published; });
    // Only the flush can have sent it: so the flush is under way.
    auto [records, done] = kinesis->take();
    std::vector<Published> later;
    for (int i = 0; i < 1000; ++i) later.push_back(dispatch("later, and never answered"));
    done(FakeKinesis::all_stored(records.size()));
    EXPECT_EQ(flushed.get(), 2U);
    EXPECT_FALSE(later.back().ready());
    kinesis->release();
}

TEST_F(FlushClose, FlushOnSeveralThreadsCountsEachEventOnce) {
    auto dispatch = get_dispatch(options());
    std::atomic<std::uint64_t> counted{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 200; ++i) {
                dispatch("t");
                if (i % 10 == 9) counted += dispatch.flush(60s)->published;
            }
        });
    }
    for (auto& thread : threads) thread.join();
    counted += dispatch.flush(60s)->published;
    EXPECT_EQ(counted, 800U);
}

TEST_F(FlushClose, CloseDrainsAndThenRefuses) {
    auto dispatch = get_dispatch(options());
    Published published = dispatch("t");
    EXPECT_EQ(dispatch.close(60s)->published, 1U);
    EXPECT_TRUE(published.ready());
    const Outcome refused = dispatch("t").wait();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::closed);
    const auto again = dispatch.close(60s);
    EXPECT_EQ(again->published, 0U);
    EXPECT_EQ(dispatch.flush(60s)->published, 0U);
}

TEST_F(FlushClose, CloseFailsByNameWhatItCannotDrain) {
    kinesis->hold();
    auto dispatch = get_dispatch(options());
    Published in_flight = dispatch("t", {}, {.partition_key = "k"});
    kinesis->wait_for_requests(1);
    Published waiting = dispatch("t", {}, {.partition_key = "k"});
    const auto counts = dispatch.close(10ms);
    EXPECT_EQ(counts->unknown, 1U);
    EXPECT_EQ(counts->failed, 1U);
    EXPECT_EQ(counts->timed_out, 0U);
    const Error unknown = in_flight.wait().error();
    EXPECT_EQ(unknown.code, ErrorCode::not_in_time);
    EXPECT_TRUE(unknown.may_have_been_delivered);
    EXPECT_EQ(unknown.attempts, 1);
    const Error failed = waiting.wait().error();
    EXPECT_EQ(failed.code, ErrorCode::not_in_time);
    EXPECT_FALSE(failed.may_have_been_delivered);
    EXPECT_THAT(failed.message, HasSubstr("close"));
    kinesis->release();  // an answer after the end is survived
}

TEST_F(FlushClose, TheDestructorDrains) {
    kinesis->hold();
    Published published;
    std::thread answering([&] { kinesis->answer_next(); });
    {
        auto dispatch = get_dispatch(options());
        published = dispatch("t");
    }
    answering.join();
    EXPECT_TRUE(published.ready());
    EXPECT_TRUE(published.wait());
}

TEST_F(FlushClose, TheDestructorGivesUpAfterItsDeadline) {
    kinesis->hold();
    Published published;
    {
        DispatchOptions impatient = options();
        impatient.close_deadline = 10ms;
        auto dispatch = get_dispatch(impatient);
        published = dispatch("t");
    }
    EXPECT_EQ(published.wait().error().code, ErrorCode::not_in_time);
}

std::size_t threads_of_the_library() {
    std::size_t count = 0;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
        std::ifstream file(task.path() / "comm");
        std::string name;
        count += std::getline(file, name) && name.starts_with("lk-") ? 1U : 0U;
    }
    return count;
}

// One that has ended may be listed for a moment.
bool threads_become(std::size_t count) {
    const auto until = std::chrono::steady_clock::now() + 60s;
    while (threads_of_the_library() != count && std::chrono::steady_clock::now() < until) {
        std::this_thread::sleep_for(1ms);
    }
    return threads_of_the_library() == count;
}

// A thread that outlived it would run on while main() returns and libraries take themselves apart.
TEST_F(FlushClose, WithTheDestructorOfTheClientsLastOwnerItsThreadsHaveEnded) {
    ASSERT_TRUE(threads_become(0));
    for (int i = 0; i < 50; ++i) {
        DispatchOptions sole_owner = options();
        sole_owner.kinesis_client = aws_kinesis({.region = "us-east-1",
                                                 .endpoint = "http://127.0.0.1:1",
                                                 .credentials = AwsCredentials{"id", "secret"}});
        sole_owner.close_deadline = 1ms;
        auto dispatch = get_dispatch(sole_owner);
        sole_owner.kinesis_client.reset();
        dispatch("t");
    }
    EXPECT_TRUE(threads_become(0));
}

TEST_F(FlushClose, StreamsAndClientsOfOursShareOneThread) {
    ASSERT_TRUE(threads_become(0));
    std::vector<Dispatch> all;
    for (const bool own_thread : {false, false, false, true}) {
        DispatchOptions on_a_client = options();
        on_a_client.kinesis_client = aws_kinesis({.region = "us-east-1",
                                                  .endpoint = "http://127.0.0.1:1",
                                                  .credentials = AwsCredentials{"id", "secret"},
                                                  .own_thread = own_thread});
        on_a_client.check_stream_within = 0ms;
        on_a_client.close_deadline = 1ms;
        for (int streams = 0; streams < 3; ++streams) all.push_back(get_dispatch(on_a_client));
    }
    EXPECT_TRUE(threads_become(2));
}

TEST_F(FlushClose, StreamsOfAForeignClientShareAThreadAndClientsDoNot) {
    ASSERT_TRUE(threads_become(0));
    std::vector<Dispatch> all;
    for (int clients = 0; clients < 2; ++clients) {
        DispatchOptions on_a_client = options();
        on_a_client.kinesis_client = std::make_shared<testing::FakeKinesis>();
        for (int streams = 0; streams < 3; ++streams) all.push_back(get_dispatch(on_a_client));
    }
    for (Dispatch& dispatch : all) EXPECT_TRUE(dispatch("t").wait());
    EXPECT_TRUE(threads_become(2));
}

TEST_F(FlushClose, TheDestructorSeesCallbacksThrough) {
    std::atomic<int> called{0};
    {
        auto dispatch = get_dispatch(options());
        for (int i = 0; i < 100; ++i) {
            dispatch("t").then([&](Outcome) {
                std::this_thread::sleep_for(100us);
                ++called;
            });
        }
    }
    EXPECT_EQ(called, 100);
}

TEST_F(FlushClose, AMovedFromDispatchFunctionRefuses) {
    auto dispatch = get_dispatch(options());
    Dispatch target = std::move(dispatch);
    EXPECT_TRUE(target("t").wait());
    EXPECT_EQ(dispatch("t").wait().error().code,
              ErrorCode::closed);  // NOLINT(bugprone-use-after-move)
    EXPECT_TRUE(dispatch.flush(1s));
}

TEST_F(FlushClose, AFullBudgetBlocksUntilThereIsRoomOrFails) {
    kinesis->hold();
    DispatchOptions small = options();
    small.budget_bytes = 1024 * 1024;
    auto dispatch = get_dispatch(small);
    small.when_full = WhenFull::fail;
    auto failing = get_dispatch(small);
    const std::string bytes(600 * 1024, 'x');
    for (const Dispatch* function : {&dispatch, &failing}) {
        function->record(bytes);
        function->record(bytes);
    }
    const Outcome refused = failing.record(bytes).wait();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::full);
    EXPECT_THAT(refused.error().message, HasSubstr("budget_bytes"));

    std::atomic<bool> returned{false};
    std::thread blocked([&] {
        EXPECT_TRUE(dispatch.record(bytes).wait());
        returned = true;
    });
    std::this_thread::sleep_for(20ms);
    EXPECT_FALSE(returned);
    kinesis->release();
    blocked.join();
}

TEST_F(FlushClose, CloseWakesWhoeverWaitsForRoom) {
    kinesis->hold();
    DispatchOptions small = options();
    small.budget_bytes = 1024 * 1024;
    auto dispatch = get_dispatch(small);
    dispatch.record(std::string(1024 * 1024 - 36, 'x'));
    std::thread blocked(
        [&] { EXPECT_EQ(dispatch.record("t").wait().error().code, ErrorCode::closed); });
    std::this_thread::sleep_for(10ms);
    EXPECT_TRUE(dispatch.close(10ms));
    blocked.join();
    kinesis->release();
}

}  // namespace
}  // namespace lk
