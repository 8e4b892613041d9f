#include <array>
#include <atomic>
#include <map>
#include <optional>
#include <random>
#include <thread>

#include "fixture.hpp"

namespace lk {
namespace {

using std::chrono::steady_clock;

// A Kinesis on threads of its own that does all that Kinesis and clients do: answers late, from any
// thread, throttles, fails records and requests, drops requests, throws.
class UnreliableKinesis : public KinesisClient {
  public:
    void put_records(const PutRecordsRequest& request, PutRecordsDone done) override {
        thread_local std::mt19937_64 random(seed++);
        const std::size_t records = request.records.size();
        const auto fate = random() % 100;
        if (fate < 2) throw std::runtime_error("out of order");
        if (fate < 4) return;  // drops it
        auto answer = [records, fate, rolls = random(), done = std::move(done), this] {
            std::mt19937_64 own(rolls);
            if (fate < 7) {
                done(Failure{FailureClass::transient, ErrorCode::network, {}, "lost", true});
            } else if (fate < 9) {
                done(Failure{FailureClass::invalid, ErrorCode::invalid_request, {}, "no", false});
            } else {
                done(answer_each(records, own));
            }
        };
        if (fate % 2 == 0) {
            answer();
        } else {
            const std::lock_guard lock(mutex_);
            later_.push_back(std::move(answer));
        }
    }

    void list_shards(std::string_view, ListShardsDone done) override {
        done(std::vector<Shard>{{"shardId-000000000000",
                                 "0",
                                 "340282366920938463463374607431768211455",
                                 {},
                                 {},
                                 true}});
    }

    UnreliableKinesis() : answering_([this](const std::stop_token& stop) { run(stop); }) {}
    ~UnreliableKinesis() override {
        answering_.request_stop();
        answering_.join();
    }

  private:
    static PutRecordsAnswer answer_each(std::size_t records, std::mt19937_64& random) {
        PutRecordsAnswer answer;
        for (std::size_t i = 0; i < records; ++i) {
            switch (random() % 50) {
                case 0:
                    answer.add_failed("ProvisionedThroughputExceededException",
                                      "Rate exceeded for shard shardId-000000000000 in stream s");
                    break;
                case 1: answer.add_failed("KMSDisabledException", "disabled"); break;
                case 2: answer.add_failed("InternalFailure", "not now"); break;
                default: answer.add_stored("shardId-000000000000", "1");
            }
        }
        return answer;
    }

    void run(const std::stop_token& stop) {
        while (true) {
            std::vector<std::function<void()>> batch;
            {
                const std::lock_guard lock(mutex_);
                batch.swap(later_);
            }
            for (auto& one : batch) one();
            if (batch.empty() && stop.stop_requested()) return;
            std::this_thread::sleep_for(1ms);
        }
    }

    static inline std::atomic<unsigned> seed{1};
    std::mutex mutex_;
    std::vector<std::function<void()>> later_;
    std::jthread answering_;
};

// For some seconds everything happens at once; then every event must have been accounted for. What
// may race, the sanitizers see.
class Stress : public DispatchTest {
  protected:
    static constexpr auto duration = 2s;

    struct Counts {
        std::atomic<std::uint64_t> dispatched{0};
        std::atomic<std::uint64_t> refused{0};   // never accepted
        std::atomic<std::uint64_t> resolved{0};  // results that somebody looked at
        std::atomic<std::uint64_t> looked_at{0};
        std::atomic<std::uint64_t> flushed{0};
    };

    static bool is_refusal(const Outcome& outcome) {
        return !outcome && outcome.error().attempts == 0 &&
               (outcome.error().code == ErrorCode::full ||
                outcome.error().code == ErrorCode::closed ||
                (outcome.error().code == ErrorCode::lane_paused &&
                 outcome.error().message.find("discard() was called") == std::string::npos));
    }

    static void look(Counts& counts, const Outcome& outcome) {
        ++counts.resolved;
        if (is_refusal(outcome)) ++counts.refused;
    }

    static std::uint64_t sum(const Expected<FlushCounts, Error>& counts) {
        return counts ? counts->published + counts->failed + counts->unknown : 0;
    }

    void dispatch_for_a_while(const Dispatch& dispatch, Counts& counts, unsigned seed) const {
        std::mt19937_64 random(seed);
        std::vector<Published> kept;
        const auto until = steady_clock::now() + duration;
        while (steady_clock::now() < until) {
            const std::string key = "key " + std::to_string(random() % 20);
            EventOptions event_options;
            if (random() % 2 == 0) event_options.partition_key = key;
            const std::string text = "\"" + std::string(random() % 600, 'x') + "\"";
            Published published = dispatch("t", json(text), event_options);
            ++counts.dispatched;
            ++counts.looked_at;
            switch (random() % 8) {
                case 0: look(counts, published.wait()); break;
                case 1: kept.push_back(std::move(published)); break;
                default:
                    std::move(published).then(
                        [&counts](const Outcome& outcome) { look(counts, outcome); });
            }
            if (random() % 300 == 0) counts.flushed += sum(dispatch.flush(5ms));
            if (random() % 20 == 0) {
                random() % 2 == 0 ? dispatch.resume(key) : dispatch.discard(key);
            }
        }
        for (Published& one : kept) look(counts, one.wait());
    }

    void run(const std::vector<DispatchOptions>& kinds) {
        std::vector<Dispatch> functions;
        for (const DispatchOptions& kind : kinds) functions.push_back(get_dispatch(kind));
        std::vector<Counts> counts(functions.size());
        std::vector<std::thread> threads;
        for (unsigned t = 0; t < 3 * functions.size(); ++t) {
            const std::size_t which = t % functions.size();
            threads.emplace_back(
                [&, which, t] { dispatch_for_a_while(functions[which], counts[which], t); });
        }
        for (auto& thread : threads) thread.join();
        for (std::size_t i = 0; i < functions.size(); ++i) {
            counts[i].flushed += sum(functions[i].close(60s));
        }
        functions.clear();  // sees callbacks through
        for (const Counts& one : counts) {
            EXPECT_EQ(one.resolved, one.looked_at) << "each event settles once";
            EXPECT_EQ(one.flushed + one.refused, one.dispatched) << "each is told by one flush";
            EXPECT_GT(one.flushed, 100U);
        }
    }

    [[nodiscard]] DispatchOptions stressed() {
        DispatchOptions changed = options();
        changed.kinesis_client = std::make_shared<UnreliableKinesis>();
        changed.budget_bytes = 1024 * 1024;
        changed.linger = 1ms;
        changed.deliver_within = 3s;
        changed.request_timeout = 1s;
        changed.log = {};
        return changed;
    }
};

TEST_F(Stress, BlockingFailingAndSuspendingFunctionsShareOneClient) {
    std::vector<DispatchOptions> kinds(3, stressed());
    kinds[1].when_full = WhenFull::fail;
    kinds[1].on_ordered_failure = OnOrderedFailure::pause;
    kinds[2].when_full = WhenFull::suspend;
    kinds[2].max_suspended = 50;
    for (DispatchOptions& kind : kinds) kind.kinesis_client = kinds[0].kinesis_client;
    run(kinds);
}

TEST_F(Stress, AggregatedPausedUnorderedAndCapped) {
    std::vector<DispatchOptions> kinds(3, stressed());
    kinds[0].aggregate_bytes = 4096;
    kinds[0].on_ordered_failure = OnOrderedFailure::pause;
    kinds[0].when_full = WhenFull::fail;
    kinds[1].ordering = Ordering::none;
    kinds[2].max_rate_per_shard = 2;
    kinds[2].budget_events = 500;
    run(kinds);
}

}  // namespace
}  // namespace lk
