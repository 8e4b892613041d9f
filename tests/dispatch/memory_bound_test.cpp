#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>
#include <sqlite3.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <thread>

#include <lk/dispatch.hpp>

#include "base/test_directory.hpp"
#include "base/test_noise.hpp"
#include "fake_kinesis.hpp"
#include "pipeline/memory_bound.hpp"
#include "pipeline/shard_map.hpp"

// In an executable of its own: it counts every byte that is allocated.

namespace {

std::atomic<std::size_t> allocated{0};
std::atomic<std::size_t> most_allocated{0};

void* counted(void* memory) {
    if (memory == nullptr) throw std::bad_alloc();
    const std::size_t bytes = malloc_usable_size(memory);
    const std::size_t now = allocated.fetch_add(bytes) + bytes;
    std::size_t most = most_allocated.load();
    while (most < now && !most_allocated.compare_exchange_weak(most, now)) {
    }
    return memory;
}

void uncounted(void* memory) {
    if (memory == nullptr) return;
    allocated.fetch_sub(malloc_usable_size(memory));
    std::free(memory);
}

}  // namespace

void* operator new(std::size_t bytes) {
    return counted(std::malloc(bytes));
}
void* operator new(std::size_t bytes, std::align_val_t alignment) {
    const auto to = static_cast<std::size_t>(alignment);
    return counted(std::aligned_alloc(to, (bytes + to - 1) / to * to));
}
// Arrays too: a sanitizer's own would not pass through those above.
void* operator new[](std::size_t bytes) {
    return counted(std::malloc(bytes));
}
void operator delete(void* memory) noexcept {
    uncounted(memory);
}
void operator delete[](void* memory) noexcept {
    uncounted(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
    uncounted(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    uncounted(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
    uncounted(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
    uncounted(memory);
}

namespace lk {
namespace {

using namespace std::chrono_literals;

using ::testing::HasSubstr;

constexpr std::size_t mebibyte = 1024 * 1024;

// Stores everything but what is of the key "stuck", or of one that is refused, and keeps nothing of
// what it saw.
class Forgetful : public KinesisClient {
  public:
    void put_records(const PutRecordsRequest& request, PutRecordsDone done) override {
        PutRecordsAnswer answer;
        for (const Record& record : request.records) {
            if (record.partition_key == "stuck") {
                answer.add_failed("InternalFailure", "not today");
            } else if (record.partition_key.starts_with("refused")) {
                answer.add_failed("KMSDisabledException", "no key");
            } else {
                answer.add_stored("shardId-000000000000", "1");
            }
        }
        done(std::move(answer));
    }
    void list_shards(std::string_view, ListShardsDone done) override {
        done(std::vector<Shard>{{"shardId-000000000000",
                                 "0",
                                 "340282366920938463463374607431768211455",
                                 {},
                                 {},
                                 true}});
    }
};

// Stores everything in shards that nobody lists: in one, or when it invents each record in another.
class Inventive : public KinesisClient {
  public:
    void put_records(const PutRecordsRequest& request, PutRecordsDone done) override {
        PutRecordsAnswer answer;
        for (std::size_t i = 0; i < request.records.size(); ++i) {
            invented_ += invents ? 1 : 0;
            std::string id = std::to_string(invented_);
            id.insert(0, pipeline::ShardMap::longest_id - id.size(), 's');
            answer.add_stored(id, "1");
        }
        done(std::move(answer));
    }
    void list_shards(std::string_view, ListShardsDone done) override {
        done(Failure{FailureClass::final, ErrorCode::access_denied, {}, "no", false});
    }

    std::atomic<bool> invents{false};

  private:
    std::int64_t invented_ = 100'000'000'000;
};

// Answers nothing until it is told to.
class Stalled : public KinesisClient {
  public:
    void put_records(const PutRecordsRequest& request, PutRecordsDone done) override {
        {
            const std::lock_guard lock(mutex_);
            if (stalled_) {
                waiting_.emplace_back(request.records.size(), std::move(done));
                return;
            }
        }
        done(testing::FakeKinesis::all_stored(request.records.size()));
    }
    void stall() {
        const std::lock_guard lock(mutex_);
        stalled_ = true;
    }
    void release() {
        std::vector<std::pair<std::size_t, PutRecordsDone>> waiting;
        {
            const std::lock_guard lock(mutex_);
            stalled_ = false;
            waiting.swap(waiting_);
        }
        for (auto& [count, done] : waiting) done(testing::FakeKinesis::all_stored(count));
    }

  private:
    std::mutex mutex_;
    bool stalled_ = true;
    std::vector<std::pair<std::size_t, PutRecordsDone>> waiting_;
};

class MemoryBound : public ::testing::Test {
  protected:
    static DispatchOptions on(std::shared_ptr<KinesisClient> client) {
        return {.kinesis_client = std::move(client),
                .kinesis_stream = "entrypoint",
                .producer_id = "server@hostname",
                .close_deadline = 0ms,
                .budget_bytes = 8 * mebibyte};
    }
    static std::size_t bound(const DispatchOptions& options, std::size_t threads,
                             std::size_t largest_record) {
        return pipeline::most_memory(
            {.budget_bytes = options.budget_bytes,
             .budget_events = options.budget_events,
             .max_suspended = options.when_full == WhenFull::suspend ? options.max_suspended : 0,
             .max_requests_in_flight = static_cast<std::size_t>(options.max_requests_in_flight),
             .aggregate_bytes = options.aggregate_bytes,
             .outbox = !options.outbox.directory.empty(),
             .threads = threads,
             .largest_record_bytes = largest_record});
    }
    static bool is_refused(Published published) { return published.ready() && !published.wait(); }
    void begin() {
        before_ = allocated;
        most_allocated = before_;
    }
    [[nodiscard]] std::size_t most_since() const { return most_allocated - before_; }
    [[nodiscard]] std::size_t held_since() const { return allocated - before_; }

  private:
    std::size_t before_ = 0;
};

// One event in 400 is of a key that never settles; all others have keys of their own.
TEST_F(MemoryBound, HoldsWhenOneKeyNeverSettlesAmongAMillionThatDo) {
    begin();
    DispatchOptions options = on(std::make_shared<Forgetful>());
    options.when_full = WhenFull::fail;  // of the stuck key only some are accepted
    {
        auto dispatch = get_dispatch(options);
        const std::string data = "\"" + std::string(300, 'x') + "\"";
        for (int i = 0; i < 1'000'000; ++i) {
            const bool stuck = i % 400 == 0;
            const std::string key = stuck ? "stuck" : "key " + std::to_string(i);
            while (is_refused(dispatch("t", json(data), {.partition_key = key})) && !stuck) {
                std::this_thread::sleep_for(100us);
            }
        }
        // A flush() waits for the stuck key, too, and counts each event once.
        std::uint64_t published = 0;
        for (int flushes = 0; flushes < 3000 && published < 997'500; ++flushes) {
            published += dispatch.flush(10ms)->published;
        }
        EXPECT_EQ(published, 997'500U);
    }
    EXPECT_LT(most_since(), bound(options, 1, 1024));
}

TEST_F(MemoryBound, HoldsWhileTheBudgetIsFullOfSmallEvents) {
    for (const WhenFull when_full : {WhenFull::fail, WhenFull::suspend}) {
        begin();
        auto stalled = std::make_shared<Stalled>();
        DispatchOptions options = on(stalled);
        options.when_full = when_full;
        auto dispatch = get_dispatch(options);
        std::vector<std::thread> threads;
        for (int t = 0; t < 4; ++t) {
            threads.emplace_back([&] {
                for (int i = 0; i < 50'000; ++i) dispatch.record("x");
            });
        }
        for (auto& thread : threads) thread.join();
        EXPECT_LT(most_since(), bound(options, 4, 100));
        EXPECT_GT(most_since(), options.budget_bytes / 2) << "the budget is made use of";
        stalled->release();
        EXPECT_EQ(dispatch.close(60s)->failed, 0U);
    }
}

TEST_F(MemoryBound, HoldsWithTheLargestRecords) {
    begin();
    auto stalled = std::make_shared<Stalled>();
    DispatchOptions options = on(stalled);
    options.when_full = WhenFull::fail;
    auto dispatch = get_dispatch(options);
    {
        const std::string bytes(10 * mebibyte - 100, 'x');
        for (int i = 0; i < 20; ++i) dispatch.record(bytes);
        EXPECT_LT(most_since() - bytes.size(), bound(options, 1, 10 * mebibyte));
    }
    EXPECT_TRUE(dispatch.close(0ms));
    stalled->release();
}

TEST_F(MemoryBound, HoldsWhileEventsAreAggregated) {
    begin();
    DispatchOptions options = on(std::make_shared<Forgetful>());
    options.aggregate_bytes = 51'200;
    {
        auto dispatch = get_dispatch(options);
        const std::string data = "\"" + std::string(300, 'x') + "\"";
        for (int i = 0; i < 200'000; ++i) {
            dispatch("t", json(data), {.partition_key = std::to_string(i % 1000)});
        }
        EXPECT_EQ(dispatch.flush(60s)->published, 200'000U);
    }
    EXPECT_LT(most_since(), bound(options, 1, 1024));
}

// So many names are kept of those that answers may invent; many more take no more.
TEST_F(MemoryBound, HoldsWhateverTheNumberOfShardsThatAnswersName) {
    begin();
    const auto inventive = std::make_shared<Inventive>();
    DispatchOptions options = on(inventive);
    options.max_rate_per_shard = 1000;
    auto dispatch = get_dispatch(options);
    const auto put = [&](std::size_t events) {
        for (std::size_t i = 0; i < events; ++i) {
            dispatch("t", {}, {.partition_key = std::to_string(i % 10'000)});
        }
        EXPECT_EQ(dispatch.flush(60s)->published, events);
        return most_since();
    };
    constexpr std::size_t most_kept = pipeline::ShardMap::most_learned;
    put(3 * most_kept);
    const std::size_t before = held_since();
    inventive->invents = true;
    EXPECT_LT(put(most_kept - 1), bound(options, 1, 1024));
    // What the formula says of a shard.
    EXPECT_LT(held_since(), before + most_kept * 640);
    EXPECT_GT(held_since(), before + most_kept * 256) << "they are known";
    EXPECT_LT(put(12 * most_kept), bound(options, 1, 1024));
}

// Each key's first event fails, and so pauses it for good.
TEST_F(MemoryBound, HoldsWhateverTheNumberOfPausedKeys) {
    begin();
    DispatchOptions options = on(std::make_shared<Forgetful>());
    options.on_ordered_failure = OnOrderedFailure::pause;
    options.when_full = WhenFull::fail;
    auto dispatch = get_dispatch(options);
    int paused = 0;
    std::optional<Error> refusal;
    while (!refusal && paused < 200'000) {
        for (int i = 0; i < 500; ++i) {
            dispatch.record("x", {.partition_key = "refused " + std::to_string(++paused)});
        }
        ASSERT_TRUE(dispatch.flush(60s));
        Published other = dispatch.record("x");
        if (!other.ready()) continue;
        if (const auto outcome = other.wait(); !outcome) refusal = outcome.error();
    }
    EXPECT_LT(most_since(), bound(options, 1, 100));
    ASSERT_TRUE(refusal) << "they take from the budget";
    EXPECT_EQ(refusal->code, ErrorCode::full);
    EXPECT_THAT(refusal->message, HasSubstr("paused keys: resume() or discard() them"));
    for (int i = 1; i <= paused; ++i) dispatch.discard("refused " + std::to_string(i));
    EXPECT_TRUE(dispatch.record("x").wait());
    ASSERT_TRUE(dispatch.close(60s));
}

// One in a thousand is kept, of those that were settled together.
TEST_F(MemoryBound, AResultThatIsKeptOwnsLittleMoreThanItsEvent) {
    constexpr std::size_t kept_count = 100;
    std::vector<Published> kept;
    kept.reserve(kept_count);
    const auto run = [&](bool keeps) {
        auto dispatch = get_dispatch(on(std::make_shared<Forgetful>()));
        const std::string data = "\"" + std::string(300, 'x') + "\"";
        for (std::size_t i = 0; i < kept_count * 1000; ++i) {
            auto published = dispatch("t", json(data));
            if (keeps && i % 1000 == 500) kept.push_back(std::move(published));
        }
        ASSERT_TRUE(dispatch.flush(60s));
    };
    run(false);  // what the process makes once
    begin();
    run(true);
    EXPECT_LT(held_since(), kept_count * 3500);
    for (Published& one : kept) EXPECT_TRUE(one.wait());
}

// SQLite does not allocate by operator new; it counts what it has by itself.
TEST_F(MemoryBound, HoldsWhileTheOutboxTakesWhatTheBudgetCannot) {
    const TestDirectory directory;
    auto stalled = std::make_shared<Stalled>();
    DispatchOptions options = on(stalled);
    options.outbox = {.directory = directory.path() + "/outbox", .sync = OutboxSync::os};
    begin();
    sqlite3_memory_highwater(1);
    constexpr int events = 100'000;
    {
        auto dispatch = get_dispatch(options);
        Published last;
        for (int i = 0; i < events; ++i) {
            const std::string data = '"' + noise(300, static_cast<std::uint64_t>(i)) + '"';
            last = dispatch("t", json(data), {.partition_key = std::to_string(i % 1000)});
        }
        const auto failure = last.wait_stored();
        ASSERT_FALSE(failure) << failure->message;
        stalled->release();
        ASSERT_EQ(dispatch.flush(100s)->published, std::uint64_t{events});
    }
    const auto of_sqlite = static_cast<std::size_t>(sqlite3_memory_highwater(0));
    EXPECT_GT(of_sqlite, mebibyte);
    EXPECT_LT(most_since() + of_sqlite, bound(options, 1, 1024));
}

// What was kept of many small events is no use to a few large ones.
TEST_F(MemoryBound, HoldsWhenLargeEventsFollowSmallOnes) {
    begin();
    auto stalled = std::make_shared<Stalled>();
    DispatchOptions options = on(stalled);
    options.when_full = WhenFull::fail;
    auto dispatch = get_dispatch(options);
    for (int i = 0; i < 100'000; ++i) dispatch.record("x");
    stalled->release();
    ASSERT_TRUE(dispatch.flush(60s));
    stalled->stall();
    const std::string bytes(10'000, 'x');
    int accepted = 0;
    const auto until = std::chrono::steady_clock::now() + 60s;
    while (accepted < 700 && std::chrono::steady_clock::now() < until) {
        if (is_refused(dispatch.record(bytes))) {
            std::this_thread::sleep_for(1ms);
        } else {
            ++accepted;
        }
    }
    EXPECT_EQ(accepted, 700) << "most of the budget is theirs now";
    EXPECT_LT(most_since(), bound(options, 1, 10'100));
    EXPECT_TRUE(dispatch.close(0ms));
    stalled->release();
}

}  // namespace
}  // namespace lk
