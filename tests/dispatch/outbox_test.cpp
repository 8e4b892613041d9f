#include <array>
#include <atomic>
#include <fstream>
#include <map>
#include <mutex>
#include <thread>

#include "base/test_noise.hpp"
#include "outbox_fixture.hpp"
#include "task.hpp"

namespace lk {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST_F(Outbox, PublishesAsWithoutOne) {
    auto dispatch = get_dispatch(durable());
    Published published = dispatch("t", json(R"({"key":"value"})"), {.partition_key = "k"});
    EXPECT_FALSE(published.wait_stored());
    const Event event = published.get();
    EXPECT_EQ(event.data, R"({"key":"value"})");
    EXPECT_EQ(event.source.kinesis_partition_key, "k");
    EXPECT_FALSE(event.may_be_duplicate);
    EXPECT_EQ(dispatch.flush(60s)->published, 1U);
}

TEST_F(Outbox, TellsBothStagesWhereNoEventIsToBeKept) {
    auto dispatch = get_dispatch(durable());
    std::promise<bool> stored;
    Published published = dispatch("t", json("1"), {.keep_event = false});
    published.on_stored([&](std::optional<Error> failure) { stored.set_value(!failure); });
    EXPECT_TRUE(stored.get_future().get());
    EXPECT_FALSE(published.wait_stored());
    EXPECT_TRUE(published.wait());
    // Also where it is dropped with somebody still to be told.
    std::promise<bool> told;
    {
        Published dropped = dispatch("t", json("2"), {.keep_event = false});
        dropped.on_stored([&](std::optional<Error> failure) { told.set_value(!failure); });
    }
    EXPECT_TRUE(told.get_future().get());
}

TEST_F(Outbox, StoresBeforeKinesisAnswers) {
    kinesis->hold();
    auto dispatch = get_dispatch(durable());
    Published published = dispatch("t");
    EXPECT_FALSE(published.wait_stored());
    EXPECT_FALSE(published.ready());
    kinesis->release();
    EXPECT_TRUE(published.wait());
}

TEST_F(Outbox, TellsThatItIsStoredBeforeThatItIsPublished) {
    auto dispatch = get_dispatch(durable());
    std::vector<std::string> heard;
    std::promise<void> done;
    Published published = dispatch("t");
    published.on_stored([&](std::optional<Error> failure) {
        heard.emplace_back(failure ? failure->message : "stored");
    });
    std::move(published).then([&](const Outcome& outcome) {
        heard.emplace_back(outcome ? "published" : outcome.error().message);
        done.set_value();
    });
    done.get_future().wait();
    EXPECT_THAT(heard, ElementsAre("stored", "published"));
}

TEST_F(Outbox, LetsACoroutineWaitForBothStages) {
    auto dispatch = get_dispatch(durable());
    std::promise<std::string> id;
    [](Dispatch& to, std::promise<std::string>& told) -> Task {
        Published published = to("t", {}, {.id = "an id of my own"});
        co_await published.stored();
        told.set_value((co_await std::move(published)).id);
    }(dispatch, id);
    EXPECT_EQ(id.get_future().get(), "an id of my own");
}

TEST_F(Outbox, OfAnEventThatFailsSaysWhyItIsNotStored) {
    auto dispatch = get_dispatch(durable());
    Published bad = dispatch("t", json("{"));
    EXPECT_EQ(bad.wait_stored()->code, ErrorCode::not_json);
    auto in_memory = get_dispatch(options());
    kinesis->hold();
    Published not_durable = in_memory("t");
    EXPECT_EQ(not_durable.wait_stored()->code, ErrorCode::bad_option);
    kinesis->release();
}

TEST_F(Outbox, WhatOneRunLeavesTheNextOneSendsFirst) {
    kinesis->hold();
    {
        auto dispatch = get_dispatch(durable());
        Published first = dispatch("first", {}, {.partition_key = "k"});
        Published second = dispatch("second", {}, {.partition_key = "k"});
        EXPECT_FALSE(second.wait_stored());
        const auto counts = dispatch.close(0ms);
        ASSERT_TRUE(counts);
        EXPECT_EQ(counts->kept, 2U);
        EXPECT_EQ(counts->failed + counts->unknown + counts->timed_out, 0U);
        EXPECT_EQ(first.wait().error().code, ErrorCode::kept);
        EXPECT_EQ(second.wait().error().code, ErrorCode::kept);
    }
    kinesis = std::make_shared<FakeKinesis>();
    std::mutex mutex;
    std::vector<std::string> heard;
    DispatchOptions next = durable();
    next.on_settled = [&](const Event& event, const Outcome& outcome, bool from_previous_run) {
        const std::lock_guard lock(mutex);
        heard.push_back(event.type + (outcome ? " published" : " not published") +
                        (from_previous_run ? " earlier" : " now") +
                        (outcome && outcome->may_be_duplicate ? " duplicate?" : ""));
    };
    auto dispatch = get_dispatch(next);
    EXPECT_TRUE(dispatch("third", {}, {.partition_key = "k"}).wait());
    EXPECT_TRUE(dispatch.close(60s));
    EXPECT_THAT(types(), ElementsAre("first", "second", "third"));
    EXPECT_THAT(heard, ElementsAre("first published earlier duplicate?",
                                   "second published earlier duplicate?", "third published now"));
}

TEST_F(Outbox, IsEmptyWhenAllIsSettled) {
    { EXPECT_TRUE(get_dispatch(durable())("t").wait()); }
    { (void)get_dispatch(durable()).close(60s); }
    EXPECT_EQ(kinesis->records().size(), 1U) << "nothing was left to send again";
}

TEST_F(Outbox, TakesFromMemoryWhatDoesNotFit) {
    DispatchOptions small = durable();
    small.budget_bytes = std::size_t{2} << 20;
    small.deliver_within = 10min;
    kinesis->hold();
    std::map<std::string, std::vector<int>> seen;
    const std::string filler(1000, 'x');
    {
        auto dispatch = get_dispatch(small);
        for (int i = 0; i < 20'000; ++i) {  // ten times the budget
            dispatch(std::to_string(i), json("\"" + filler + "\""),
                     {.partition_key = "key " + std::to_string(i % 7)});
        }
        kinesis->release();
        const auto counts = dispatch.close(5min);
        ASSERT_TRUE(counts);
        EXPECT_EQ(counts->published, 20'000U);
        EXPECT_EQ(counts->kept, 0U);
    }
    for (const auto& record : kinesis->records()) {
        seen[record.partition_key].push_back(std::stoi(type_of(record.data)));
    }
    std::size_t all = 0;
    for (const auto& [key, numbers] : seen) {
        all += numbers.size();
        EXPECT_TRUE(std::is_sorted(numbers.begin(), numbers.end())) << key;
    }
    EXPECT_EQ(all, 20'000U) << "each once";
}

TEST_F(Outbox, KeepsResultsOfWhatLeftMemory) {
    DispatchOptions small = durable();
    small.budget_bytes = std::size_t{2} << 20;
    kinesis->hold();
    auto dispatch = get_dispatch(small);
    std::vector<Published> results;
    const std::string filler(2000, 'x');
    for (int i = 0; i < 3000; ++i) {
        results.push_back(dispatch(std::to_string(i), json("\"" + filler + "\"")));
    }
    for (Published& one : results) EXPECT_FALSE(one.wait_stored());
    kinesis->release();
    for (int i = 0; i < 3000; ++i) {
        EXPECT_EQ(results[static_cast<std::size_t>(i)].get().type, std::to_string(i));
    }
}

TEST_F(Outbox, TellsHowWhatLeftMemoryEndedWhereNoEventIsToBeKept) {
    DispatchOptions small = durable();
    small.budget_bytes = std::size_t{2} << 20;
    kinesis->hold();
    const std::string filler = '"' + std::string(2000, 'x') + '"';
    std::vector<Published> results;
    {
        auto dispatch = get_dispatch(small);
        for (int i = 0; i < 3000; ++i) {
            results.push_back(dispatch("t", json(filler), {.keep_event = false}));
        }
        for (Published& one : results) EXPECT_FALSE(one.wait_stored());
        kinesis->answer_next();
        EXPECT_TRUE(results.front().wait());
        EXPECT_TRUE(dispatch.close(0ms));
    }
    int published = 1;
    int kept = 0;
    for (std::size_t i = 1; i < results.size(); ++i) {
        const Outcome outcome = results[i].wait();
        published += outcome ? 1 : 0;
        kept += !outcome && outcome.error().code == ErrorCode::kept ? 1 : 0;
    }
    EXPECT_GT(kept, 2000);
    EXPECT_EQ(published + kept, 3000);
}

TEST_F(Outbox, LetsRandomKeysOvertakeABacklogAndNoOthers) {
    DispatchOptions small = durable();
    small.budget_bytes = std::size_t{2} << 20;
    kinesis->hold();
    auto dispatch = get_dispatch(small);
    const std::string filler(2000, 'x');
    for (int i = 0; i < 5000; ++i) {
        dispatch(std::to_string(i), json("\"" + filler + "\""), {.partition_key = "k"});
    }
    Published same_key = dispatch("same key", {}, {.partition_key = "k"});
    EXPECT_FALSE(same_key.wait_stored());
    // One request at a time is answered, so that the backlog stays.
    Published random_key = dispatch("random key");
    while (!random_key.ready()) kinesis->answer_next();
    EXPECT_FALSE(same_key.ready());
    kinesis->release();
    EXPECT_TRUE(same_key.wait());
    const auto all = types();
    EXPECT_GT(std::find(all.begin(), all.end(), "same key"),
              std::find(all.begin(), all.end(), "4999"));
}

TEST_F(Outbox, WaitsOutWhatIsWrongWithTheStream) {
    std::atomic<int> asked{0};
    kinesis->answer_with = [&](const auto&) {
        ++asked;
        return refused(FailureClass::final, ErrorCode::access_denied);
    };
    {
        auto dispatch = get_dispatch(durable());
        Published published = dispatch("t");
        kinesis->wait_for_requests(1);
        EXPECT_FALSE(published.wait_stored());
        EXPECT_EQ(dispatch.flush(100ms)->timed_out, 1U);
        EXPECT_EQ(asked, 1) << "it looks every 30 s";
        EXPECT_THAT(log.all(), HasSubstr("events wait in the outbox"));
        EXPECT_THAT(log.all(), HasSubstr("refused by the test"));
        EXPECT_EQ(dispatch.close(0ms)->kept, 1U);
    }
    kinesis->answer_with = nullptr;
    EXPECT_TRUE(get_dispatch(durable()).close(60s));
    EXPECT_THAT(types(), ElementsAre("t", "t")) << "refused once, then stored";
}

// While the driver is busy two come to close it, with a backlog in the outbox that it reads.
TEST_F(Outbox, IsClosedByTwoAtOnce) {
    constexpr std::uint64_t events = 1500;
    kinesis->hold();
    {
        auto dispatch = get_dispatch(durable());
        const std::string filler(1000, 'x');
        std::vector<Published> all;
        for (std::uint64_t i = 0; i < events; ++i) {
            all.push_back(dispatch("t", json("\"" + filler + "\""),
                                   {.partition_key = std::to_string(i % 100)}));
        }
        // close(0) waits for no slow disk.
        for (Published& one : all) ASSERT_FALSE(one.wait_stored());
        EXPECT_EQ(dispatch.close(0ms)->kept, events);
    }
    std::promise<void> asked;
    std::promise<void> go_on;
    kinesis->describe_with = [&] {
        asked.set_value();
        go_on.get_future().wait();
        return refused(FailureClass::final, ErrorCode::access_denied).error();
    };
    auto dispatch = get_dispatch(durable());
    asked.get_future().wait();
    std::array<std::optional<Expected<FlushCounts, Error>>, 2> ended;
    std::vector<std::thread> closing;
    for (auto& one : ended) {
        closing.emplace_back([&] { one = dispatch.close(0ms); });
    }
    std::this_thread::sleep_for(100ms);
    go_on.set_value();
    for (std::thread& thread : closing) thread.join();
    std::uint64_t kept = 0;
    for (const auto& one : ended) {
        ASSERT_TRUE(one->has_value()) << one->error().message;
        kept += (*one)->kept;
    }
    EXPECT_EQ(kept, events);
}

TEST_F(Outbox, AnExplicitDeadlineCountsAcrossRuns) {
    kinesis->hold();
    {
        auto dispatch = get_dispatch(durable());
        EXPECT_FALSE(dispatch("old").wait_stored());
    }
    std::this_thread::sleep_for(50ms);
    kinesis = std::make_shared<FakeKinesis>();
    std::promise<Error> heard;
    DispatchOptions hasty = durable();
    hasty.deliver_within = 20ms;
    hasty.on_settled = [&](const Event&, const Outcome& outcome, bool) {
        if (!outcome) heard.set_value(outcome.error());
    };
    auto dispatch = get_dispatch(hasty);
    const Error error = heard.get_future().get();
    EXPECT_EQ(error.code, ErrorCode::not_in_time);
    EXPECT_TRUE(error.may_have_been_delivered) << "the run before may have sent it";
    EXPECT_TRUE(kinesis->records().empty());
}

// The outbox as `lk-dispatch put` left it on 2026-11-26 with one event that could not be published:
// the bytes that are not zero, by where they stand.
void unpack_what_was_left_in_november(const std::string& folder) {
    std::ifstream packed(LK_GOLDEN_DIR "/outbox-2026-11-26.txt");
    std::string word;
    std::size_t size = 0;
    ASSERT_TRUE(packed >> word >> size);
    std::string bytes(size, '\0');
    std::size_t at = 0;
    for (std::string hex; packed >> at >> hex;) {
        for (std::size_t i = 0; i < hex.size(); i += 2) {
            bytes.at(at + i / 2) = static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
        }
    }
    std::ofstream(folder + "/outbox.db", std::ios::binary) << bytes;
}

TEST_F(Outbox, WhatAProcessLeftLongAgoIsPublishedAsNothingIsEverTooLateByDefault) {
    unpack_what_was_left_in_november(folder.path());
    auto dispatch = get_dispatch(durable());
    const auto counts = dispatch.close(60s);
    ASSERT_TRUE(counts);
    EXPECT_EQ(counts->kept, 0U);
    EXPECT_THAT(types(), ElementsAre("kept"));
}

TEST_F(Outbox, AnExplicitDeadlineCountsOnTheSystemsClockSinceThen) {
    unpack_what_was_left_in_november(folder.path());
    std::promise<Error> heard;
    DispatchOptions hasty = durable();
    hasty.deliver_within = 1min;
    hasty.on_settled = [&](const Event& event, const Outcome& outcome, bool from_previous_run) {
        EXPECT_EQ(event.id, "stored-in-november");
        EXPECT_TRUE(from_previous_run);
        if (!outcome) heard.set_value(outcome.error());
    };
    auto dispatch = get_dispatch(hasty);
    EXPECT_EQ(heard.get_future().get().code, ErrorCode::not_in_time);
    EXPECT_TRUE(kinesis->records().empty());
}

// 50 KB, on the disk, too.
Json unpackable_data(std::ptrdiff_t number) {
    return json('"' + noise(50'000, static_cast<std::uint64_t>(number)) + '"');
}

TEST_F(Outbox, RefusesPastItsSizeAsTheOptionsSay) {
    DispatchOptions tight = durable();
    tight.outbox.max_bytes = std::uint64_t{1} << 20;
    tight.when_full = WhenFull::fail;
    kinesis->hold();
    auto dispatch = get_dispatch(tight);
    std::optional<Error> refusal;
    for (int i = 0; i < 200 && !refusal; ++i) {
        Published published = dispatch("t", unpackable_data(i));
        refusal = published.wait_stored();
    }
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->code, ErrorCode::outbox);
    EXPECT_THAT(refusal->message, HasSubstr("outbox.max_bytes"));
    kinesis->release();
    ASSERT_TRUE(dispatch.flush(60s));
    // The outbox forgets a moment later.
    for (int i = 0; i < 1000 && refusal; ++i) {
        refusal = dispatch("again").wait_stored();
        std::this_thread::sleep_for(10ms);
    }
    EXPECT_FALSE(refusal);
}

TEST_F(Outbox, WaitsForRoomPastItsSize) {
    DispatchOptions tight = durable();
    tight.outbox.max_bytes = std::uint64_t{1} << 20;
    // What may come before the outbox is seen to be full.
    tight.budget_bytes = std::size_t{1} << 20;
    kinesis->hold();
    auto dispatch = get_dispatch(tight);
    constexpr int events = 200;  // five times as much as both
    std::atomic<int> accepted{0};
    std::thread dispatching([&] {
        for (int i = 0; i < events; ++i) {
            dispatch(std::to_string(i), unpackable_data(i), {.partition_key = "k"});
            ++accepted;
        }
    });
    // It goes as far as there is room.
    for (int before = -1; accepted != before && accepted < events;) {
        before = accepted;
        std::this_thread::sleep_for(500ms);
    }
    EXPECT_LT(accepted, events / 2);
    kinesis->release();
    dispatching.join();
    EXPECT_EQ(dispatch.flush(60s)->published, static_cast<std::uint64_t>(events));
    std::vector<std::string> in_order;
    for (int i = 0; i < events; ++i) in_order.push_back(std::to_string(i));
    EXPECT_EQ(types(), in_order);
}

TEST_F(Outbox, SuspendsPastItsSizeAndThenRefuses) {
    DispatchOptions tight = durable();
    tight.outbox.max_bytes = std::uint64_t{1} << 20;
    tight.when_full = WhenFull::suspend;
    tight.max_suspended = 10;
    kinesis->hold();
    auto dispatch = get_dispatch(tight);
    std::vector<Published> accepted;
    std::optional<Error> refusal;
    while (!refusal && accepted.size() < 200) {
        Published published = dispatch("t", unpackable_data(std::ssize(accepted)));
        refusal = published.wait_stored();
        if (!refusal) accepted.push_back(std::move(published));
    }
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->code, ErrorCode::outbox);
    EXPECT_GT(accepted.size(), tight.outbox.max_bytes / 50'000) << "and more than fit";
    kinesis->release();
    for (Published& one : accepted) EXPECT_TRUE(one.wait());
}

TEST_F(Outbox, SeveralDispatchFunctionsShareOne) {
    DispatchOptions one = durable();
    DispatchOptions two = durable();
    two.kinesis_stream = "another";
    kinesis->hold();
    {
        auto first = get_dispatch(one);
        auto second = get_dispatch(two);
        EXPECT_FALSE(first("first").wait_stored());
        EXPECT_FALSE(second("second").wait_stored());
    }
    kinesis = std::make_shared<FakeKinesis>();
    two.kinesis_client = kinesis;
    { (void)get_dispatch(two).close(60s); }
    EXPECT_THAT(types(), ElementsAre("second")) << "each stream has its own";
}

TEST_F(Outbox, NamesWhatIsWrongWithItsOptions) {
    DispatchOptions bad = durable();
    bad.outbox.max_bytes = 1;
    EXPECT_THAT(try_get_dispatch(bad).error().message, HasSubstr("outbox.max_bytes is 1 bytes"));
    bad = durable();
    bad.outbox.directory = folder.path() + "/file/outbox";
    std::ofstream(folder.path() + "/file") << "no folder";
    EXPECT_THAT(try_get_dispatch(bad).error().message, HasSubstr("/file/outbox"));
    bad = durable();
    bad.dead_letters.stream = bad.kinesis_stream;
    EXPECT_THAT(try_get_dispatch(bad).error().message, HasSubstr("dead_letters.stream"));
}

}  // namespace
}  // namespace lk
