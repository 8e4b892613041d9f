#include <atomic>
#include <future>
#include <map>
#include <mutex>
#include <numeric>
#include <thread>

#include "fixture.hpp"
#include "pool.hpp"

namespace lk {
namespace {

using ::testing::HasSubstr;

using Completion = DispatchTest;

TEST_F(Completion, CallbacksRunOnOneThreadThatNeitherDispatchesNorSends) {
    auto dispatch = get_dispatch(options());
    std::mutex mutex;
    std::map<std::thread::id, int> threads;
    for (int i = 0; i < 200; ++i) {
        dispatch("t").then([&](Outcome) {
            const std::lock_guard lock(mutex);
            ++threads[std::this_thread::get_id()];
        });
    }
    std::promise<void> last;
    dispatch.flush(60s);
    dispatch("last").then([&](Outcome) { last.set_value(); });
    last.get_future().wait();
    const std::lock_guard lock(mutex);
    ASSERT_EQ(threads.size(), 1U);
    EXPECT_EQ(threads.begin()->second, 200);
    EXPECT_NE(threads.begin()->first, std::this_thread::get_id());
    EXPECT_NE(threads.begin()->first, kinesis->thread());
}

TEST_F(Completion, NeverRunsInsideDispatchEvenForAResultThatFailedAtOnce) {
    auto dispatch = get_dispatch(options());
    std::promise<std::thread::id> ran;
    dispatch("t", json("{")).then([&](Outcome outcome) {
        EXPECT_FALSE(outcome);
        ran.set_value(std::this_thread::get_id());
    });
    EXPECT_NE(ran.get_future().get(), std::this_thread::get_id());
}

TEST_F(Completion, IsInOrderOfDispatchForAKey) {
    auto dispatch = get_dispatch(options());
    std::vector<int> order;
    std::promise<void> last;
    for (int i = 0; i < 500; ++i) {
        dispatch("t", json(std::to_string(i)), {.partition_key = "k"}).then([&, i](Outcome) {
            order.push_back(i);
            if (i == 499) last.set_value();
        });
    }
    last.get_future().wait();
    for (int i = 0; i < 500; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
}

TEST_F(Completion, ASlowCallbackDelaysCompletionsAndNotSending) {
    auto dispatch = get_dispatch(options());
    std::promise<void> go_on;
    auto blocked = go_on.get_future().share();
    dispatch("slow").then([blocked](Outcome) { blocked.wait(); });
    std::promise<void> second;
    dispatch("t").then([&](Outcome) { second.set_value(); });
    // Sending goes on, and so do results that are waited for.
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(dispatch("t").wait());
    EXPECT_EQ(dispatch.flush(60s)->timed_out, 0U);
    auto later = second.get_future();
    EXPECT_EQ(later.wait_for(0s), std::future_status::timeout);
    go_on.set_value();
    later.wait();
}

TEST_F(Completion, ACallThatWouldBlockForGoodFailsAtOnce) {
    kinesis->hold();
    auto dispatch = get_dispatch(options());
    Published unresolved = dispatch("never answered");
    kinesis->answer_next();
    EXPECT_TRUE(unresolved.wait());

    std::promise<std::vector<ErrorCode>> codes;
    dispatch("t").then([&](Outcome) {
        std::vector<ErrorCode> seen;
        Published inner = dispatch("inner");
        seen.push_back(inner.wait().error().code);
        try {
            inner.get();
        } catch (const DispatchError& thrown) {
            seen.push_back(thrown.code());
        }
        seen.push_back(dispatch.flush(60s).error().code);
        seen.push_back(dispatch.close(60s).error().code);
        codes.set_value(seen);
        // Still to be had, another way.
        std::move(inner).then([](Outcome outcome) { EXPECT_TRUE(outcome); });
    });
    kinesis->answer_next();
    EXPECT_EQ(codes.get_future().get(), std::vector<ErrorCode>(4, ErrorCode::would_deadlock));
    kinesis->release();
    EXPECT_TRUE(dispatch("the function is still open").wait());
}

TEST_F(Completion, AResolvedResultMayBeTakenInACallback) {
    auto dispatch = get_dispatch(options());
    Published resolved = dispatch("first");
    dispatch.flush(60s);
    std::promise<bool> had;
    dispatch("t").then([&](Outcome) { had.set_value(resolved.wait().has_value()); });
    EXPECT_TRUE(had.get_future().get());
}

TEST_F(Completion, AnExceptionOutOfACallbackGoesToTheLogAndStopsNothing) {
    auto dispatch = get_dispatch(options());
    std::promise<void> second;
    dispatch("t", {}, {.partition_key = "k"}).then([](Outcome) {
        throw std::runtime_error("mine");
    });
    dispatch("t", {}, {.partition_key = "k"}).then([](Outcome) { throw 42; });
    dispatch("t", {}, {.partition_key = "k"}).then([&](Outcome) { second.set_value(); });
    second.get_future().wait();
    EXPECT_THAT(log.all(), HasSubstr("mine"));
    EXPECT_THAT(log.all(), HasSubstr("no std::exception"));
}

TEST_F(Completion, ADispatchFunctionMayBeDestroyedInACallback) {
    std::promise<void> destroyed;
    {
        auto dispatch = std::make_shared<Dispatch>(get_dispatch(options()));
        Published before = (*dispatch)("before");
        auto* const last_owner = new std::shared_ptr<Dispatch>(dispatch);
        (*dispatch)("t").then([last_owner, &destroyed](Outcome) {
            delete last_owner;
            destroyed.set_value();
        });
        dispatch.reset();
        destroyed.get_future().wait();
        EXPECT_TRUE(before.wait());
    }
}

TEST_F(Completion, RunsOnTheUsersExecutorInOrderAndKnowsADeadlockThere) {
    Pool pool(4);
    DispatchOptions on_pool = options();
    on_pool.executor = [&](std::function<void()> task) { pool.post(std::move(task)); };
    auto dispatch = get_dispatch(on_pool);
    std::vector<int> order;
    std::promise<ErrorCode> last;
    for (int i = 0; i < 2000; ++i) {
        dispatch("t", {}, {.partition_key = "k"}).then([&, i](Outcome) {
            EXPECT_TRUE(pool.runs(std::this_thread::get_id()));
            order.push_back(i);
            if (i == 1999) last.set_value(dispatch.flush(60s).error().code);
        });
    }
    EXPECT_EQ(last.get_future().get(), ErrorCode::would_deadlock);
    for (int i = 0; i < 2000; ++i) ASSERT_EQ(order[static_cast<std::size_t>(i)], i);
}

// Gives the executor's tasks to a pool, but for those that the test has another fate for.
class UnreliableExecutor : public DispatchTest {
  protected:
    using Task = std::function<void()>;

    [[nodiscard]] DispatchOptions with_executor(std::function<void(Task)> executor) {
        DispatchOptions changed = options();
        changed.executor = std::move(executor);
        return changed;
    }

    // Dispatches with a callback for each and waits until all have run; the order in which they
    // did.
    static std::vector<int> run_callbacks(const Dispatch& dispatch, int count) {
        std::vector<int> order;
        std::promise<void> last;
        for (int i = 0; i < count; ++i) {
            dispatch("t", {}, {.partition_key = "k"}).then([&, i](Outcome) {
                order.push_back(i);
                if (i == count - 1) last.set_value();
            });
        }
        last.get_future().wait();
        return order;
    }

    static std::vector<int> in_order(int count) {
        std::vector<int> numbers(static_cast<std::size_t>(count));
        std::iota(numbers.begin(), numbers.end(), 0);
        return numbers;
    }

    Pool pool_{2};
    std::atomic<int> calls_{0};
};

TEST_F(UnreliableExecutor, OneThatThrowsLosesNoCallback) {
    auto dispatch = get_dispatch(with_executor([&](Task task) {
        const int call = calls_++;
        if (call == 0) throw std::runtime_error("the pool is busy");
        if (call == 1) throw 42;
        pool_.post(std::move(task));
    }));
    EXPECT_EQ(run_callbacks(dispatch, 1), in_order(1));
    EXPECT_EQ(calls_, 3);
    EXPECT_THAT(log.all(), HasSubstr("the executor threw: the pool is busy"));
    EXPECT_THAT(log.all(), HasSubstr("the executor threw something that is no std::exception"));
}

TEST_F(UnreliableExecutor, OneThatDropsTasksLosesNoCallbackAndKeepsTheirOrder) {
    auto dispatch = get_dispatch(with_executor([&](Task task) {
        if (calls_++ % 3 != 2) return;
        pool_.post(std::move(task));
    }));
    EXPECT_EQ(run_callbacks(dispatch, 20), in_order(20));
    EXPECT_THAT(log.all(), HasSubstr("go without running"));
}

TEST_F(UnreliableExecutor, ATaskThatIsThrownAwayLaterAndUnderALockIsMissedToo) {
    std::mutex mutex;
    std::vector<Task> kept;
    std::promise<void> one_is_kept;
    auto dispatch = get_dispatch(with_executor([&](Task task) {
        const std::lock_guard lock(mutex);
        if (calls_++ > 0) return pool_.post(std::move(task));
        kept.push_back(std::move(task));
        one_is_kept.set_value();
    }));
    std::promise<void> ran;
    dispatch("t").then([&](Outcome) { ran.set_value(); });
    one_is_kept.get_future().wait();
    {
        const std::lock_guard lock(mutex);
        kept.clear();
    }
    ran.get_future().wait();
}

TEST_F(UnreliableExecutor, IsAskedAtAPaceThatSlowsDown) {
    auto dispatch = get_dispatch(with_executor([&](Task task) {
        if (calls_++ < 4) return;
        pool_.post(std::move(task));
    }));
    const auto begin = std::chrono::steady_clock::now();
    run_callbacks(dispatch, 1);
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 10ms + 20ms + 40ms + 80ms);
}

TEST_F(UnreliableExecutor, AfterCloseTheLibrarysThreadTakesThePlaceOfOneThatNeverRunsAnything) {
    std::vector<int> order;
    {
        auto dispatch = get_dispatch(with_executor([&](Task) { ++calls_; }));
        for (int i = 0; i < 10; ++i) {
            dispatch("t", {}, {.partition_key = "k"}).then([&, i](Outcome outcome) {
                EXPECT_TRUE(outcome);
                order.push_back(i);
            });
        }
    }
    EXPECT_EQ(order, in_order(10)) << "before the destructor returned";
    EXPECT_GE(calls_, 2) << "the executor had its last chance";
    EXPECT_THAT(log.all(), HasSubstr("the library's own thread"));
}

TEST_F(UnreliableExecutor, IsReplacedAlsoWhereTheEndComesWhileItIsTriedAgain) {
    std::atomic<bool> called{false};
    {
        std::promise<void> tried_again;
        auto dispatch = get_dispatch(with_executor([&](Task) {
            if (++calls_ != 2) return;
            tried_again.set_value();
            // Time for the destructor to begin its wait.
            std::this_thread::sleep_for(200ms);
        }));
        dispatch("t").then([&](Outcome) { called = true; });
        tried_again.get_future().wait();
    }
    EXPECT_TRUE(called) << "before the destructor returned";
}

TEST_F(UnreliableExecutor, ATaskThatIsRunTwiceRunsCallbacksOnce) {
    auto dispatch = get_dispatch(with_executor([&](Task task) {
        pool_.post(task);
        pool_.post(std::move(task));
    }));
    EXPECT_EQ(run_callbacks(dispatch, 200), in_order(200));
}

TEST_F(Completion, ALogHookThatThrowsStopsNothing) {
    DispatchOptions throwing = options();
    std::atomic<int> told{0};
    throwing.log = [&](LogLevel, std::string_view) {
        if (told++ % 2 == 0) throw std::runtime_error("the disk is full");
        throw 42;
    };
    Pool pool(1);
    std::atomic<int> calls{0};
    throwing.executor = [&](std::function<void()> task) {
        if (calls++ == 0) throw std::runtime_error("the pool is busy");
        pool.post(std::move(task));
    };
    auto dispatch = get_dispatch(throwing);
    std::promise<void> last;
    dispatch("t", {}, {.partition_key = "k"}).then([](Outcome) {
        throw std::runtime_error("mine");
    });
    dispatch("t", {}, {.partition_key = "k"}).then([](Outcome) { throw 42; });
    dispatch("t", {}, {.partition_key = "k"}).then([&](Outcome) { last.set_value(); });
    last.get_future().wait();
    EXPECT_GE(told, 3);
    EXPECT_TRUE(dispatch("t").wait());
}

TEST_F(Completion, ALogHookMayTakeALockThatIsHeldWhereTasksAreDropped) {
    std::mutex mine;
    DispatchOptions locking = options();
    locking.log = [&](LogLevel, std::string_view) { const std::lock_guard lock(mine); };
    Pool pool(1);
    std::atomic<int> calls{0};
    locking.executor = [&](std::function<void()> task) {
        const std::lock_guard lock(mine);
        if (calls++ == 0) {
            task = nullptr;
            return;
        }
        pool.post(std::move(task));
    };
    auto dispatch = get_dispatch(locking);
    std::promise<void> ran;
    dispatch("t").then([&](Outcome) { ran.set_value(); });
    ran.get_future().wait();
}

// A client that uses the library where it must not wait.
TEST_F(Completion, AClientThatWaitsForAResultInsidePutRecordsIsToldAtOnce) {
    class Waiting : public FakeKinesis {
      public:
        void put_records(const PutRecordsRequest& request, PutRecordsDone done) override {
            if (!codes.empty()) return FakeKinesis::put_records(request, std::move(done));
            Published inner = (*dispatch)("from the client");
            codes.push_back(inner.wait().error().code);
            codes.push_back(dispatch->flush(60s).error().code);
            FakeKinesis::put_records(request, std::move(done));
        }
        Dispatch* dispatch = nullptr;
        std::vector<ErrorCode> codes;
    };
    auto waiting = std::make_shared<Waiting>();
    DispatchOptions on_waiting = options();
    on_waiting.kinesis_client = waiting;
    auto dispatch = get_dispatch(on_waiting);
    waiting->dispatch = &dispatch;
    EXPECT_TRUE(dispatch("t").wait());
    EXPECT_EQ(dispatch.flush(60s)->published, 2U);
    EXPECT_EQ(waiting->codes, std::vector<ErrorCode>(2, ErrorCode::would_deadlock));
}

// Its own process, whose statics are destroyed in the end.
void exit_with_a_global_dispatch_function() {
    static const auto kinesis = std::make_shared<FakeKinesis>();
    const DispatchOptions options{
        .kinesis_client = kinesis, .kinesis_stream = "entrypoint", .producer_id = "p"};
    static Dispatch drains_at_exit = get_dispatch(options);
    // What the first callback of all makes is younger than the static, and destroyed before it.
    std::promise<void> ran;
    get_dispatch(options)("t").then([&](Outcome) { ran.set_value(); });
    ran.get_future().wait();
    kinesis->hold();
    drains_at_exit("t").then([](Outcome outcome) {
        if (outcome) std::fputs("drained at exit\n", stderr);
    });
    static const struct Releases {
        ~Releases() { kinesis->release(); }
    } releases_before_that;
    std::exit(0);
}

TEST(CompletionDeathTest, AGlobalDispatchFunctionCallsBackWhenTheProcessExits) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(exit_with_a_global_dispatch_function(), ::testing::ExitedWithCode(0),
                "drained at exit");
}

}  // namespace
}  // namespace lk
