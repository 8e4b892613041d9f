#include <coroutine>
#include <future>
#include <thread>

#include "fixture.hpp"

namespace lk {
namespace {

using PublishedTest = DispatchTest;

TEST_F(PublishedTest, GetThrowsWhatWaitReturns) {
    kinesis->answer_with = [](const auto&) -> FakeKinesis::Result {
        return classify_answer(400, "AccessDeniedException", "no");
    };
    auto dispatch = get_dispatch(options());
    const Outcome outcome = dispatch("t").wait();
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, ErrorCode::access_denied);
    EXPECT_EQ(outcome.error().attempts, 1);
    try {
        dispatch("t").get();
        ADD_FAILURE() << "get() returned";
    } catch (const DispatchError& thrown) {
        EXPECT_EQ(thrown.code(), ErrorCode::access_denied);
        EXPECT_EQ(thrown.what(), thrown.error().message);
    }
}

TEST_F(PublishedTest, IsReadyOnceTheOutcomeIsThere) {
    kinesis->hold();
    auto dispatch = get_dispatch(options());
    Published published = dispatch("t");
    EXPECT_FALSE(published.ready());
    std::thread answering([&] { kinesis->answer_next(); });
    EXPECT_TRUE(published.wait());
    answering.join();
}

TEST_F(PublishedTest, IsTakenOnce) {
    auto dispatch = get_dispatch(options());
    Published published = dispatch("t");
    EXPECT_TRUE(published.wait());
    const Outcome again = published.wait();
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, ErrorCode::abandoned);

    Published moved_from = dispatch("t");
    Published target = std::move(moved_from);
    EXPECT_EQ(moved_from.wait().error().code,
              ErrorCode::abandoned);  // NOLINT(bugprone-use-after-move)
    EXPECT_TRUE(target.wait());

    std::promise<ErrorCode> told;
    Published{}.then([&](Outcome outcome) { told.set_value(outcome.error().code); });
    EXPECT_EQ(told.get_future().get(), ErrorCode::abandoned);
}

TEST_F(PublishedTest, DroppingItNeverBlocksAndLosesNothing) {
    kinesis->hold();
    auto dispatch = get_dispatch(options());
    for (int i = 0; i < 100; ++i) dispatch("t");
    kinesis->release();
    EXPECT_EQ(dispatch.flush(60s)->published, 100U);
    EXPECT_EQ(kinesis->records().size(), 100U);
}

TEST_F(PublishedTest, OverwritingItDropsOnlyTheOldOne) {
    auto dispatch = get_dispatch(options());
    Published published = dispatch("first");
    published = dispatch("second");
    EXPECT_EQ(published.get().type, "second");
    EXPECT_EQ(dispatch.flush(60s)->published, 2U);
}

TEST_F(PublishedTest, OutlivesItsDispatchFunctionAndClient) {
    std::vector<Published> kept;
    {
        auto dispatch = get_dispatch(options());
        for (int i = 0; i < 1000; ++i) kept.push_back(dispatch("t", json(std::to_string(i))));
        kept.push_back(dispatch("t", json("{")));
    }
    kinesis.reset();
    for (int i = 0; i < 1000; ++i) {
        EXPECT_EQ(kept[static_cast<std::size_t>(i)].get().data, std::to_string(i));
    }
    EXPECT_FALSE(kept.back().wait());
}

TEST_F(PublishedTest, AFailureNobodyKeptIsToldToTheLogHook) {
    kinesis->answer_with = [](const auto&) -> FakeKinesis::Result {
        return classify_answer(400, "ResourceNotFoundException", "no such stream");
    };
    auto dispatch = get_dispatch(options());
    dispatch("t");
    EXPECT_EQ(dispatch.flush(60s)->failed, 1U);
    EXPECT_THAT(log.all(), ::testing::HasSubstr("nobody kept"));
}

// The smallest coroutine that a test can wait for.
struct Task {
    struct promise_type {
        std::promise<void> finished;
        Task get_return_object() { return {finished.get_future()}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() { finished.set_value(); }
        void unhandled_exception() { finished.set_exception(std::current_exception()); }
    };
    std::future<void> finished;
};

TEST_F(PublishedTest, IsAwaitedInACoroutine) {
    kinesis->hold();
    auto dispatch = get_dispatch(options());
    Event first;
    std::string failure;
    std::thread::id resumed_on;
    const auto run = [&]() -> Task {
        first = co_await dispatch("t", json("1"));
        resumed_on = std::this_thread::get_id();
        try {
            co_await dispatch("t", json("{"));
        } catch (const DispatchError& thrown) {
            failure = thrown.what();
        }
        co_await dispatch("t", json("2"));
    };
    Task task = run();
    EXPECT_EQ(first.data, std::nullopt);
    kinesis->release();
    task.finished.get();
    EXPECT_EQ(first.data, "1");
    EXPECT_NE(failure, "");
    EXPECT_NE(resumed_on, std::this_thread::get_id());
    EXPECT_EQ(kinesis->records().size(), 2U);
}

}  // namespace
}  // namespace lk
