#include <atomic>
#include <future>
#include <map>
#include <mutex>
#include <queue>
#include <thread>

#include "fixture.hpp"

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

// An executor as an application has one: a pool of several threads.
class Pool {
  public:
    explicit Pool(int threads) {
        for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
    }
    ~Pool() {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        changed_.notify_all();
        for (auto& thread : threads_) thread.join();
    }
    void post(std::function<void()> task) {
        {
            const std::lock_guard lock(mutex_);
            tasks_.push(std::move(task));
        }
        changed_.notify_one();
    }
    [[nodiscard]] bool runs(std::thread::id id) const {
        return std::any_of(threads_.begin(), threads_.end(),
                           [&](const std::thread& thread) { return thread.get_id() == id; });
    }

  private:
    void run() {
        std::unique_lock lock(mutex_);
        while (true) {
            changed_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
            if (tasks_.empty()) return;
            auto task = std::move(tasks_.front());
            tasks_.pop();
            lock.unlock();
            task();
            lock.lock();
        }
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::queue<std::function<void()>> tasks_;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

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

}  // namespace
}  // namespace lk
