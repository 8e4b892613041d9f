#include <future>
#include <thread>

#include "fixture.hpp"
#include "pool.hpp"
#include "task.hpp"

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

TEST_F(PublishedTest, HasNoEventWhereNoneIsToBeKept) {
    std::vector<std::string> observed;
    auto with_observer = options();
    with_observer.on_settled = [&](const Event& event, const Outcome& outcome, bool) {
        observed.push_back(event.type + (outcome ? " " + outcome->sequence_number : ""));
    };
    std::promise<Outcome> told;
    {
        auto dispatch = get_dispatch(with_observer);
        Published waited = dispatch("waited", json("1"), {.keep_event = false});
        Published record = dispatch.record("bytes", {.partition_key = "k", .keep_event = false});
        const Outcome outcome = waited.wait();
        ASSERT_TRUE(outcome);
        EXPECT_EQ(outcome->type, "");
        EXPECT_EQ(outcome->data, std::nullopt);
        EXPECT_EQ(outcome->sequence_number, "");
        EXPECT_EQ(record.get().data, std::nullopt);
        dispatch("continued", {}, {.keep_event = false}).then([&](Outcome heard) {
            told.set_value(std::move(heard));
        });
        // Its neighbours have theirs.
        EXPECT_EQ(dispatch("kept").get().type, "kept");
        EXPECT_EQ(dispatch.flush(60s)->published, 4U);
    }
    const Outcome outcome = told.get_future().get();
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->type, "");
    // Who looks at all of them sees all of each.
    ASSERT_EQ(observed.size(), 4U);
    EXPECT_THAT(observed[0], ::testing::StartsWith("waited "));
    EXPECT_GT(observed[0].size(), std::string("waited ").size());
}

TEST_F(PublishedTest, IsAwaitedWhereNoEventIsToBeKept) {
    auto dispatch = get_dispatch(options());
    Event event{.type = "none yet"};
    const auto run = [&]() -> Task {
        event = co_await dispatch("t", json("1"), {.keep_event = false});
    };
    run().finished.get();
    EXPECT_EQ(event.type, "");
}

TEST_F(PublishedTest, HasItsErrorAlsoWhereNoEventIsToBeKept) {
    kinesis->answer_with = [](const auto&) -> FakeKinesis::Result {
        return classify_answer(400, "AccessDeniedException", "no");
    };
    std::vector<std::string> letters;
    auto with_letters = options();
    with_letters.dead_letters = {.callback = [&](const Event& event, const Error&) {
        letters.push_back(event.type + ' ' + event.data.value_or("nothing"));
    }};
    {
        // Its end waits for the callbacks.
        auto dispatch = get_dispatch(with_letters);
        const Outcome outcome = dispatch("a letter", json("1"), {.keep_event = false}).wait();
        ASSERT_FALSE(outcome);
        EXPECT_EQ(outcome.error().code, ErrorCode::access_denied);
        EXPECT_EQ(outcome.error().attempts, 1);
        const Outcome refused = dispatch("t", json("{"), {.keep_event = false}).wait();
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, ErrorCode::not_json);
    }
    EXPECT_THAT(letters, ::testing::ElementsAre("a letter 1"));
}

TEST_F(PublishedTest, AFailureNobodyKeptIsToldToTheLogHook) {
    kinesis->answer_with = [](const auto&) -> FakeKinesis::Result {
        return classify_answer(400, "ResourceNotFoundException", "no such stream");
    };
    kinesis->hold();  // so that it is dropped before it is settled
    auto dispatch = get_dispatch(options());
    dispatch("t");
    kinesis->release();
    EXPECT_EQ(dispatch.flush(60s)->failed, 1U);
    EXPECT_THAT(log.all(), ::testing::HasSubstr("nobody kept"));
}

TEST_F(PublishedTest, AFailureNobodyKeptInTheLastSecondIsToldAtClose) {
    kinesis->answer_with = [](const auto&) -> FakeKinesis::Result {
        return classify_answer(400, "ResourceNotFoundException", "no such stream");
    };
    auto dispatch = get_dispatch(options());
    kinesis->hold();  // so that each is dropped before it is settled
    dispatch("told at once");
    kinesis->release();
    EXPECT_EQ(dispatch.flush(60s)->failed, 1U);
    kinesis->hold();
    dispatch("too soon after that to be told");
    kinesis->release();
    EXPECT_EQ(dispatch.close(60s)->failed, 1U);
    const std::string all = log.all();
    const std::string line = "1 events failed whose results nobody kept";
    const auto first = all.find(line);
    ASSERT_NE(first, std::string::npos);
    EXPECT_NE(all.find(line, first + 1), std::string::npos) << all;
}

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

TEST_F(PublishedTest, ACoroutineGoesOnWhereCallbacksRun) {
    auto dispatch = get_dispatch(options());
    std::thread::id called_back_on;
    std::thread::id resumed_on;
    std::promise<void> called;
    dispatch("t").then([&](Outcome) {
        called_back_on = std::this_thread::get_id();
        called.set_value();
    });
    called.get_future().wait();
    const auto run = [&]() -> Task {
        co_await dispatch("t");
        resumed_on = std::this_thread::get_id();
    };
    run().finished.get();
    EXPECT_EQ(resumed_on, called_back_on);
}

TEST_F(PublishedTest, ACoroutineGoesOnInTheExecutor) {
    Pool pool(3);
    DispatchOptions on_pool = options();
    on_pool.executor = [&](std::function<void()> task) { pool.post(std::move(task)); };
    auto dispatch = get_dispatch(on_pool);
    const auto run = [&]() -> Task {
        for (int i = 0; i < 100; ++i) {
            co_await dispatch("t");
            EXPECT_TRUE(pool.runs(std::this_thread::get_id()));
        }
    };
    run().finished.get();
}

TEST_F(PublishedTest, ACoroutineOutlivesAnExecutorThatFailsOnce) {
    Pool pool(1);
    std::atomic<int> calls{0};
    DispatchOptions on_pool = options();
    on_pool.executor = [&](std::function<void()> task) {
        const int call = calls++;
        if (call == 0) throw std::runtime_error("busy");
        if (call == 1) return;
        pool.post(std::move(task));
    };
    auto dispatch = get_dispatch(on_pool);
    const auto run = [&]() -> Task { EXPECT_EQ((co_await dispatch("t")).type, "t"); };
    run().finished.get();
}

TEST_F(PublishedTest, ACallThatWouldBlockForGoodInACoroutineFailsAtOnce) {
    auto dispatch = get_dispatch(options());
    std::vector<ErrorCode> codes;
    const auto run = [&]() -> Task {
        co_await dispatch("t");
        kinesis->hold();
        Published inner = dispatch("inner");
        codes.push_back(inner.wait().error().code);
        codes.push_back(dispatch.flush(60s).error().code);
        codes.push_back(dispatch.close(60s).error().code);
        kinesis->release();
        // Still to be had, another way.
        EXPECT_EQ((co_await std::move(inner)).type, "inner");
    };
    run().finished.get();
    EXPECT_EQ(codes, std::vector<ErrorCode>(3, ErrorCode::would_deadlock));
}

}  // namespace
}  // namespace lk
