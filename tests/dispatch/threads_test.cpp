#include <atomic>
#include <map>
#include <thread>

#include "fixture.hpp"

namespace lk {
namespace {

using Threads = DispatchTest;

TEST_F(Threads, ManyThreadsShareADispatchFunction) {
    auto dispatch = get_dispatch(options());
    constexpr int threads = 8;
    constexpr int events = 2000;
    std::vector<std::thread> running;
    for (int t = 0; t < threads; ++t) {
        running.emplace_back([&, t] {
            const std::string key = "key " + std::to_string(t);
            for (int i = 0; i < events; ++i) {
                EventOptions event_options;
                if (i % 2 == 0) event_options.partition_key = key;
                dispatch("t", json(std::to_string(i)), event_options);
            }
        });
    }
    for (auto& thread : running) thread.join();
    EXPECT_EQ(dispatch.flush(60s)->published, std::uint64_t{threads} * events);
    EXPECT_EQ(kinesis->records().size(), std::size_t{threads} * events);
}

TEST_F(Threads, OrderPerKeyHoldsWithinAThreadThroughThrottling) {
    std::atomic<int> round{0};
    kinesis->answer_with = [&](const auto& records) -> FakeKinesis::Result {
        PutRecordsAnswer answer;
        for (std::size_t i = 0; i < records.size(); ++i) {
            if ((round++ % 7) == 3) {
                answer.add_failed("ProvisionedThroughputExceededException", "Rate exceeded");
            } else {
                answer.add_stored("shardId-000000000000", "1");
            }
        }
        return answer;
    };
    auto dispatch = get_dispatch(options());
    for (int i = 0; i < 30; ++i) {
        for (const char* key : {"a", "b", "c", "d"}) {
            dispatch("t", json(std::to_string(i)), {.partition_key = key});
        }
    }
    EXPECT_EQ(dispatch.flush(60s)->published, 120U);
    std::map<std::string, int> last;
    for (const auto& record : kinesis->records()) {
        const auto at = record.data.find("\"data\":") + 7;
        const int number = std::stoi(record.data.substr(at));
        auto [known, fresh] = last.try_emplace(record.partition_key, -1);
        EXPECT_GE(number, known->second) << record.partition_key;
        EXPECT_LE(number, known->second + 1) << record.partition_key;
        known->second = number;
    }
}

// If one dispatch() returns before another begins, the first is first: a token passed between
// threads makes it so, for one key.
TEST_F(Threads, OrderPerKeyHoldsAcrossThreadsThatPassAToken) {
    auto dispatch = get_dispatch(options());
    constexpr int threads = 4;
    constexpr int events = 4000;
    std::atomic<int> token{0};
    std::vector<std::thread> running;
    for (int t = 0; t < threads; ++t) {
        running.emplace_back([&, t] {
            for (int turn = t; turn < events; turn += threads) {
                for (int seen = token; seen != turn; seen = token) token.wait(seen);
                dispatch("t", json(std::to_string(turn)), {.partition_key = "k"});
                token.store(turn + 1);
                token.notify_all();
            }
        });
    }
    for (auto& thread : running) thread.join();
    EXPECT_EQ(dispatch.flush(300s)->published, std::uint64_t{events});
    const auto records = kinesis->records();
    for (int i = 0; i < events; ++i) {
        ASSERT_NE(
            records[static_cast<std::size_t>(i)].data.find("\"data\":" + std::to_string(i) + ","),
            std::string::npos)
            << i;
    }
}

TEST_F(Threads, FlushesClosesAndDispatchesMayRace) {
    for (int round = 0; round < 20; ++round) {
        auto dispatch = get_dispatch(options());
        std::atomic<std::uint64_t> accepted{0};
        std::atomic<std::uint64_t> refused{0};
        std::atomic<std::uint64_t> published{0};
        std::vector<std::thread> running;
        for (int t = 0; t < 3; ++t) {
            running.emplace_back([&] {
                for (int i = 0; i < 300; ++i) {
                    const Outcome outcome = dispatch("t").wait();
                    outcome ? ++accepted : ++refused;
                    if (!outcome) {
                        EXPECT_EQ(outcome.error().code, ErrorCode::closed);
                    }
                }
            });
        }
        running.emplace_back([&] {
            for (int i = 0; i < 10; ++i) published += dispatch.flush(60s)->published;
            published += dispatch.close(60s)->published;
        });
        for (auto& thread : running) thread.join();
        EXPECT_EQ(published, accepted);
        EXPECT_EQ(kinesis->records().size(), accepted);
        kinesis = std::make_shared<FakeKinesis>();
    }
}

}  // namespace
}  // namespace lk
