// Events that Kinesis refuses for themselves, with an outbox: their keys are paused, or they are
// dead letters.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <future>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>
#include <utility>

#include "outbox_fixture.hpp"

namespace lk {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Most of them on the disk alone, ten times what memory may hold.
TEST_F(Outbox, EventsOfAPausedKeyStayThereUntilItIsResumedOrDiscarded) {
    refuse_the_guilty();
    DispatchOptions pausing = durable();
    pausing.budget_bytes = std::size_t{2} << 20;
    pausing.on_ordered_failure = OnOrderedFailure::pause;
    const std::string filler(1000, 'x');
    auto dispatch = get_dispatch(pausing);
    kinesis->hold();
    for (const char* const key : {"resumed", "discarded"}) {
        dispatch("guilty", json("1"), {.partition_key = key});
    }
    constexpr std::uint64_t each = 5000;
    for (std::uint64_t i = 0; i < each; ++i) {
        for (const char* const key : {"resumed", "discarded", "other 1", "other 2"}) {
            dispatch(std::to_string(i), json("\"" + filler + "\""), {.partition_key = key});
        }
    }
    kinesis->release();
    const auto others = dispatch.flush(5min);
    ASSERT_TRUE(others);
    EXPECT_EQ(others->published, 2 * each);
    EXPECT_EQ(others->failed, 2U);
    EXPECT_EQ(others->paused, 2 * each);
    EXPECT_EQ(others->timed_out, 0U);

    EXPECT_TRUE(dispatch.resume("resumed"));
    EXPECT_TRUE(dispatch.discard("discarded"));
    dispatch("later", {}, {.partition_key = "resumed"});
    dispatch("later", {}, {.partition_key = "discarded"});
    const auto rest = dispatch.close(5min);
    ASSERT_TRUE(rest);
    EXPECT_EQ(rest->published, each + 2);
    EXPECT_EQ(rest->failed, each);
    EXPECT_EQ(rest->kept, 0U);
    std::map<std::string, std::vector<std::string>> of_key;
    for (const auto& record : kinesis->records()) {
        // It was also asked for those that it refused, and for their neighbours twice.
        std::vector<std::string>& seen = of_key[record.partition_key];
        const std::string type = type_of(record.data);
        if (type != "guilty" && (seen.empty() || seen.back() != type)) seen.push_back(type);
    }
    std::vector<std::string> expected;
    for (std::uint64_t i = 0; i < each; ++i) expected.push_back(std::to_string(i));
    EXPECT_EQ(of_key["other 1"], expected);
    expected.emplace_back("later");
    EXPECT_EQ(of_key["resumed"], expected);
    EXPECT_THAT(of_key["discarded"], ElementsAre("later"));
}

// The process is killed right after discard(): its files are as they were then.
TEST_F(Outbox, WhatWasDiscardedComesBackInNoLaterRun) {
    refuse_the_guilty();
    DispatchOptions pausing = durable();
    pausing.on_ordered_failure = OnOrderedFailure::pause;
    // Nobody has taken them when that happens, so they are in the outbox yet.
    std::promise<void> taken;
    pausing.dead_letters.callback = [&, over = taken.get_future().share()](const auto&...) {
        over.wait();
    };
    const std::string after_the_kill = folder.path() + "/after the kill";
    {
        auto dispatch = get_dispatch(pausing);
        kinesis->hold();
        dispatch("guilty", json("1"), {.partition_key = "discarded"});
        std::vector<Published> stored;
        stored.push_back(dispatch("discarded", json("2"), {.partition_key = "discarded"}));
        stored.push_back(dispatch("other", json("3"), {.partition_key = "other"}));
        for (Published& one : stored) EXPECT_FALSE(one.wait_stored());
        kinesis->release();
        while (!dispatch.discard("discarded")) std::this_thread::sleep_for(1ms);
        std::filesystem::create_directory(after_the_kill);
        // First the log: what it says may be in the file, too.
        for (const char* const name : {"/outbox.db-wal", "/outbox.db"}) {
            std::filesystem::copy(folder.path() + name, after_the_kill + name);
        }
        taken.set_value();
    }
    kinesis = std::make_shared<FakeKinesis>();
    DispatchOptions next = durable();
    next.outbox.directory = after_the_kill;
    std::mutex mutex;
    std::set<std::string> given_up;
    next.on_settled = [&](const Event& event, const Outcome& outcome, bool from_previous_run) {
        const std::lock_guard lock(mutex);
        if (!outcome && from_previous_run && outcome.error().code == ErrorCode::lane_paused) {
            given_up.insert(event.type);
        }
    };
    auto dispatch = get_dispatch(next);
    EXPECT_TRUE(dispatch("new", json("4"), {.partition_key = "discarded"}).wait());
    EXPECT_EQ(dispatch.close(60s)->kept, 0U);
    const auto sent = types();
    EXPECT_EQ(std::count(sent.begin(), sent.end(), "guilty"), 0);
    EXPECT_EQ(std::count(sent.begin(), sent.end(), "discarded"), 0);
    EXPECT_EQ(std::count(sent.begin(), sent.end(), "new"), 1);
    EXPECT_THAT(given_up, ElementsAre("discarded", "guilty"));
}

TEST_F(Outbox, AnEventThatIsRefusedItselfIsADeadLetter) {
    refuse_the_guilty();
    const std::string file = folder.path() + "/dead.ndjson";
    std::mutex mutex;
    std::vector<std::string> dead;
    DispatchOptions with_letters = durable();
    with_letters.dead_letters = {.callback =
                                     [&](const Event& event, const Error& error) {
                                         const std::lock_guard lock(mutex);
                                         dead.push_back(event.type + ": " + error.message + " " +
                                                        std::to_string(error.attempts));
                                     },
                                 .file = file};
    std::string attempts;
    {
        auto dispatch = get_dispatch(with_letters);
        Published innocent = dispatch("innocent");
        Published guilty = dispatch("guilty", json("1"), {.partition_key = "k"});
        EXPECT_TRUE(innocent.wait());
        const Error refused = guilty.wait().error();
        EXPECT_EQ(refused.code, ErrorCode::invalid_request);
        EXPECT_GE(refused.attempts, 1);
        attempts = std::to_string(refused.attempts);
        EXPECT_TRUE(dispatch.close(60s));
    }
    EXPECT_THAT(dead, ElementsAre("guilty: refused by the test " + attempts));
    std::ifstream lines(file);
    std::string line;
    ASSERT_TRUE(std::getline(lines, line));
    EXPECT_THAT(line, HasSubstr(R"("type":"guilty","data":1,)"));
    EXPECT_THAT(line, HasSubstr(R"("stream":"entrypoint","failedAt":")"));
    EXPECT_THAT(line, HasSubstr(R"("code":"invalid_request","message":"refused by the test")"));
    EXPECT_THAT(line, HasSubstr("\"attempts\":" + attempts));
    EXPECT_FALSE(std::getline(lines, line));
    const auto before = kinesis->records().size();
    { (void)get_dispatch(durable()).close(60s); }
    EXPECT_EQ(kinesis->records().size(), before) << "it has left the outbox";
}

TEST_F(Outbox, ADeadLetterThatNobodyTakesStaysForTheNextRun) {
    kinesis->answer_with = [](const auto&) {
        return refused(FailureClass::invalid, ErrorCode::invalid_request);
    };
    auto other = std::make_shared<FakeKinesis>();
    DispatchOptions to_a_stream = durable();
    to_a_stream.dead_letters.stream = "graveyard";
    to_a_stream.deliver_within = 10min;
    {
        auto dispatch = get_dispatch(to_a_stream);
        EXPECT_FALSE(dispatch("t").wait());
        (void)dispatch.close(1s);
    }
    kinesis->answer_with = nullptr;
    { (void)get_dispatch(durable()).close(60s); }
    EXPECT_EQ(kinesis->streams().back(), "entrypoint");
    EXPECT_EQ(types().back(), "t");
}

TEST_F(Outbox, DeadLettersGoToAnotherStream) {
    std::mutex mutex;
    std::vector<std::string> graveyard;
    class TwoStreams : public FakeKinesis {
      public:
        std::function<void(const PutRecordsRequest&)> other;
        void put_records(const PutRecordsRequest& request, PutRecordsDone done) override {
            if (request.stream != "graveyard") {
                return FakeKinesis::put_records(request, std::move(done));
            }
            other(request);
            done(all_stored(request.records.size()));
        }
    };
    auto two = std::make_shared<TwoStreams>();
    two->other = [&](const PutRecordsRequest& request) {
        const std::lock_guard lock(mutex);
        for (const Record& record : request.records) graveyard.emplace_back(record.data);
    };
    // Throttled first, so that there are attempts to be counted.
    two->answer_with = [first = true](const auto&) mutable {
        return std::exchange(first, false)
                   ? refused(FailureClass::slow_down, ErrorCode::throttled)
                   : refused(FailureClass::invalid, ErrorCode::invalid_request);
    };
    kinesis = two;
    DispatchOptions to_a_stream = durable();
    to_a_stream.dead_letters.stream = "graveyard";
    {
        auto dispatch = get_dispatch(to_a_stream);
        Published published = dispatch("t", json("1"), {.partition_key = "k"});
        EXPECT_EQ(published.wait().error().attempts, 2);
        EXPECT_TRUE(dispatch.close(60s));
    }
    ASSERT_EQ(graveyard.size(), 1U);
    const auto letter = nlohmann::json::parse(graveyard.front());
    EXPECT_EQ(letter["event"]["type"], "t");
    EXPECT_EQ(letter["event"]["source"]["kinesisPartitionKey"], "k");
    EXPECT_EQ(letter["stream"], "entrypoint");
    const nlohmann::json reason = {{"code", "invalid_request"},
                                   {"message", "refused by the test"},
                                   {"mayHaveBeenDelivered", false},
                                   {"attempts", 2}};
    EXPECT_EQ(letter["reason"], reason);
}

}  // namespace
}  // namespace lk
