#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "pipeline/outbox_stage_script.hpp"

namespace lk::pipeline {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class OutboxStageTest : public OutboxStageScript {};

TEST_F(OutboxStageTest, SendsNothingBeforeItIsKept) {
    write("a");
    turn();
    EXPECT_THAT(send(), IsEmpty());
    outbox->work();
    turn();
    EXPECT_THAT(send(), ElementsAre("a"));
}

TEST_F(OutboxStageTest, ForgetsWhatIsSettled) {
    write("a");
    write("b");
    keep();
    EXPECT_EQ(outbox->pages.size(), 1U);
    send();
    store_all();
    turn();
    EXPECT_THAT(outbox->pages, IsEmpty());
    EXPECT_TRUE(stage->empty());
}

TEST_F(OutboxStageTest, WritesTogetherWhatComesWhileItWrites) {
    write("a");
    turn();
    for (int i = 0; i < 100; ++i) {
        write("b" + std::to_string(i));
        turn();
    }
    EXPECT_EQ(outbox->asked.size(), 1U);
    outbox->work();
    turn();
    EXPECT_EQ(outbox->asked.size(), 1U) << "a hundred in one";
    outbox->work();
    turn();
    EXPECT_EQ(outbox->pages.size(), 2U);
}

TEST_F(OutboxStageTest, KeepsTheOrderOfAKeyThroughTheShelf) {
    std::vector<std::string> expected;
    for (int i = 0; i < 3000; ++i) {  // more than half of the budget, so most goes on the shelf
        expected.push_back(std::to_string(i));
        write(expected.back(), "k", 1000);
        if (i % 50 == 0) keep();
    }
    EXPECT_LE(budget->held(), 2 * mebibyte);
    EXPECT_EQ(drain(), expected);
    EXPECT_THAT(outbox->pages, IsEmpty());
    EXPECT_EQ(budget->events(), 0U);
}

// One key's records wait, and fill page after page, while others' have room to spare.
TEST_F(OutboxStageTest, KeepsTheOrderOfKeysThatReachTheirShare) {
    std::map<std::string, std::vector<std::string>> expected;
    std::map<std::string, std::vector<std::string>> sent;
    const auto take = [&](const std::vector<std::string>& names) {
        for (const std::string& name : names) sent[name.substr(0, 1)].push_back(name);
    };
    std::uint32_t random = 1;
    for (int i = 0; i < 6000; ++i) {
        random = random * 1664525 + 1013904223;
        const std::string key(1, static_cast<char>('a' + (random >> 24) % 3));
        const std::string name = key + std::to_string(i);
        expected[key].push_back(name);
        write(name, key, (random >> 16) % 1500);
        if ((random >> 8) % 40 == 0) keep();
        if ((random >> 8) % 15 == 0) {
            take(send());
            store_all();
        }
    }
    take(drain());
    for (const auto& [key, names] : expected) {
        ASSERT_EQ(sent[key].size(), names.size()) << key;
        const auto wrong = std::mismatch(names.begin(), names.end(), sent[key].begin());
        ASSERT_TRUE(wrong.first == names.end()) << *wrong.second << " before " << *wrong.first;
    }
}

TEST_F(OutboxStageTest, OnlyRandomKeysOvertakeTheShelf) {
    for (int i = 0; i < 3000; ++i) {
        write("old", i % 2 == 0 ? "k" : "l", 1000);
        if (i % 50 == 0) keep();
    }
    // What may be sent at once is, so that there is room for new ones.
    send();
    store_all();
    write("k", "k");
    write("l", "l");
    write("m", "m");
    write("random");
    keep();
    EXPECT_THAT(send(), ::testing::IsSupersetOf({"m", "random"}));
    store_all();
    const auto rest = drain();
    EXPECT_THAT(std::vector(rest.end() - 2, rest.end()), ::testing::UnorderedElementsAre("k", "l"));
}

TEST_F(OutboxStageTest, SendsFromMemoryWhileTheDiskFails) {
    outbox->disk_error = Error{ErrorCode::outbox, "No space left on device", false, 0};
    write("a", "k");
    keep();
    EXPECT_THAT(send(), ElementsAre("a"));
    store_all();
    EXPECT_FALSE(results[0].wait_stored()) << "what is in the stream needs no disk";
    // The disk is not asked all the time,
    write("b", "k");
    keep();
    EXPECT_THAT(send(), IsEmpty());
    now += 1s;
    keep();
    EXPECT_THAT(send(), ElementsAre("b"));
    store_all();
    // and then works again.
    outbox->disk_error.reset();
    now += 1s;
    write("c", "k");
    keep();
    EXPECT_EQ(outbox->pages.size(), 1U);
    EXPECT_THAT(drain(), ElementsAre("c"));
}

// What waits behind the shelf meanwhile is more than it has room for at a time ever again.
TEST_F(OutboxStageTest, GoesOnWithADiskThatTakesOnlySome) {
    std::vector<std::string> expected;
    for (int i = 0; i < 3000; ++i) {
        expected.push_back(std::to_string(i));
        write(expected.back(), "k", 1000);
        if (i % 50 == 0 && i < 2500) keep();
    }
    outbox->most_at_once = 5;
    EXPECT_EQ(drain(), expected);
    EXPECT_THAT(outbox->pages, IsEmpty());
}

// It can be read, but takes nothing more: what waits behind the shelf, and what comes behind that,
// would wait for room for good.
TEST_F(OutboxStageTest, GoesOnWithADiskThatStaysFull) {
    std::vector<std::string> expected = keep_a_backlog("k");
    outbox->most_at_once = 0;
    for (int i = 0; i < 100; ++i) {
        expected.push_back("late " + std::to_string(i));
        write(expected.back(), "k", 1000);
        keep();
    }
    EXPECT_EQ(drain(), expected);
    EXPECT_THAT(outbox->pages, IsEmpty());
    EXPECT_TRUE(stage->empty());
    // And later ones need not wait.
    write("last", "k");
    now += 1s;
    keep();
    EXPECT_THAT(send(), ElementsAre("last"));
    store_all();
}

TEST_F(OutboxStageTest, NothingOvertakesItsKeyWhileTheDiskFailsToRead) {
    std::vector<std::string> expected = keep_a_backlog("k");
    std::vector<std::string> sent;
    for (int step = 0; step < 20'000 && sent.size() < expected.size(); ++step) {
        // Now and then it fails, whatever is under way.
        if (step % 3 == 0) outbox->disk_error = Error{ErrorCode::outbox, "Input/output error"};
        if (step % 7 == 0) outbox->disk_error.reset();
        if (step % 11 == 0) {
            expected.push_back("late " + std::to_string(step));
            if (expected.size() < 2600) {
                write(expected.back(), "k");
            } else {
                expected.pop_back();
            }
        }
        keep();
        const auto names = send();
        sent.insert(sent.end(), names.begin(), names.end());
        store_all();
        now += 500ms;
    }
    EXPECT_EQ(sent, expected);
}

TEST_F(OutboxStageTest, GoesOnWithoutAPageThatWasLost) {
    std::vector<std::string> expected;
    for (int i = 0; i < 2500; ++i) {
        expected.push_back(std::to_string(i));
        write(expected.back(), i % 2 == 0 ? "k" : "", 1000);
        if (i % 50 == 0) keep();
    }
    keep();
    // In the middle of what memory does not hold.
    const auto gone = std::prev(outbox->pages.end(), 10);
    const std::size_t events_gone = gone->second.records.size();
    outbox->pages.erase(gone);
    EXPECT_EQ(drain().size(), expected.size() - events_gone);
    EXPECT_TRUE(stage->empty());
    EXPECT_EQ(core.generations().take_up_to(0).failed, events_gone);
    std::size_t told = 0;
    for (Published& one : results) {
        if (!one.ready()) continue;
        const Outcome outcome = one.wait();
        if (outcome || outcome.error().code != ErrorCode::outbox) continue;
        ++told;
        EXPECT_THAT(outcome.error().message, testing::HasSubstr("lost with a damaged file"));
    }
    EXPECT_EQ(told, events_gone);
    write("later", "k");
    EXPECT_THAT(drain(), ElementsAre("later"));
}

TEST_F(OutboxStageTest, GoesOnWithWhatAnEarlierRunLeft) {
    write("a", "k");
    write("b", "l");
    write("c");
    keep();
    send();
    // The process dies. Of the three "b" alone was settled.
    auto left_behind = outbox->pages;
    outbox::LeftPage left;
    left.id = left_behind.begin()->first;
    FakeOutbox::Page& page = left_behind.begin()->second;
    for (std::size_t i = 0; i < page.records.size(); ++i) {
        page.settled[i] = page.cbor[i].find("b...") != std::string::npos;
        if (!page.settled[i]) left.fingerprints.push_back(page.records[i].fingerprint);
    }
    store_all();
    turn();
    outbox->pages = left_behind;
    outbox->left = {left};
    ASSERT_FALSE(stage->shelve_what_was_left());
    write("d", "k");
    const auto sent = drain();
    EXPECT_THAT(sent, ::testing::UnorderedElementsAre("a", "c", "d"));
    EXPECT_LT(std::find(sent.begin(), sent.end(), "a"), std::find(sent.begin(), sent.end(), "d"));
    EXPECT_FALSE(core.generations().any_unsettled_up_to(0));
}

TEST_F(OutboxStageTest, ResultsOfShelvedEventsCountUntilTheyAreDropped) {
    for (int i = 0; i < 3000; ++i) {
        write("x", "k", 1000);
        if (i % 50 == 0) keep();
    }
    keep();
    EXPECT_EQ(budget->events(), 3000U);
    results.clear();
    now += 1s;
    turn();
    EXPECT_LT(budget->events(), 1500U) << "those in memory alone";
    EXPECT_EQ(drain().size(), 3000U);
    EXPECT_EQ(budget->events(), 0U);
}

TEST_F(OutboxStageTest, EndsWhenAllIsOnTheDiskOrItTakesTooLong) {
    write("a");
    turn();
    EXPECT_FALSE(stage->may_end(now, now)) << "it is being written";
    outbox->work();
    turn();
    EXPECT_FALSE(stage->may_end(now, now)) << "and flushed";
    outbox->work();
    turn();
    EXPECT_TRUE(stage->may_end(now, now));
    write("b");
    turn();
    EXPECT_TRUE(stage->may_end(now + 1s, now)) << "a disk that hangs does not hang close()";
}

// A disk may hang for longer than close() waits; what it writes then may come to stand there yet.
TEST_F(OutboxStageTest, EndsWhileAWriteHangsAndLeavesItItsBytes) {
    write("a", "k", 100'000);
    turn();
    close();
    EXPECT_EQ(endings[Ending::unknown], 1);
    write("b", "k", 100'000);
    outbox->work();
    ASSERT_EQ(outbox->pages.size(), 1U);
    const std::string_view kept_data = record_of(outbox->pages.begin()->second.records[0]).data;
    EXPECT_EQ(kept_data.substr(0, 2), "a.");
    intake.drain([this](Pending* record) {
        record->slot->settle_unwanted();
        intake.release(record);
    });
    intake.give_back_released();
}

TEST_F(OutboxStageTest, IsDueWhileItHasSomethingToTell) {
    write("a");
    keep();
    send();
    EXPECT_EQ(stage->next_moment(now), never);
    store_all();
    EXPECT_EQ(stage->next_moment(now), now);
    turn();
    EXPECT_EQ(stage->next_moment(now), never);
    EXPECT_THAT(outbox->pages, IsEmpty());
}

TEST_F(OutboxStageTest, TheBudgetIsToldWhenTheOutboxIsFull) {
    outbox->most_bytes = 1000;
    write("a", {}, 2000);
    turn();
    EXPECT_EQ(budget->ask({}), Budget::Answer::outbox_full);
    outbox->work();
    turn();
    EXPECT_EQ(budget->ask({}), Budget::Answer::room);
}

TEST(AllPendingTest, PutsWhatComesLateInItsPlaceByItsDeadline) {
    AllPending all;
    std::vector<Pending> records(6);
    const auto at = [&](std::size_t index, int seconds) {
        records[index].deadline = TimePoint{} + std::chrono::seconds(seconds);
        return &records[index];
    };
    all.add(at(0, 10));
    all.add(at(1, 20));
    all.add_late(at(2, 5));
    all.add_late(at(3, 15));
    all.add_late(at(4, 12));
    all.remove(&records[3]);
    all.add_late(at(5, 30));
    std::vector<std::size_t> order;
    for (const Pending* one = all.oldest(); one != nullptr; one = one->newer) {
        order.push_back(static_cast<std::size_t>(one - records.data()));
    }
    EXPECT_THAT(order, ElementsAre(2, 0, 4, 1, 5));
}

}  // namespace
}  // namespace lk::pipeline
