#include "pipeline/budget.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "pipeline/core_script.hpp"
#include "pipeline/paused_lanes.hpp"
#include "pipeline/slot.hpp"

namespace lk::pipeline {
namespace {

using namespace std::chrono_literals;
using Answer = Budget::Answer;

// Two keys that differ in their entries of the tables.
constexpr std::uint64_t red = 7 + (std::uint64_t{1} << 20);
constexpr std::uint64_t blue = 8 + (std::uint64_t{2} << 20);

constexpr BudgetOptions usual = {
    .bytes = 1'000'000, .events = 100, .most_held_by_key = 10'000, .most_suspended = 2};

void settle(Budget& budget, std::uint64_t lane, std::uint32_t cbor_bytes, bool suspended = false) {
    Pending record;
    record.lane = lane;
    record.cbor_bytes = cbor_bytes;
    record.suspended = suspended;
    Budget::Return sum;
    budget.settled(record, sum);
    budget.give_back(sum);
}

bool never() {
    return false;
}

TEST(Budget, CountsPagesAsAllocatedAndWhatIsKeptOfEachEvent) {
    Budget budget(usual);
    budget.page_opened(4096);
    budget.take_event(0, 300);
    EXPECT_EQ(budget.held(), 4096 + Budget::bytes_an_event);
    settle(budget, 0, 300);
    EXPECT_EQ(budget.held(), 4096U);
    budget.page_closed(4096);
    EXPECT_EQ(budget.held(), 0U);
}

TEST(Budget, CountsWhatIsRememberedOfPausedKeys) {
    Budget budget(usual);
    budget.page_opened(999'999 - 100 * Budget::bytes_a_paused_key);
    budget.keys_paused(100);
    EXPECT_EQ(budget.held(), 999'999U);
    EXPECT_EQ(budget.ask({}), Answer::room);
    budget.keys_paused(1);
    EXPECT_EQ(budget.ask({}), Answer::full);
    std::thread resumes([&] { budget.keys_resumed(2); });
    budget.wait_for_room({}, never);
    resumes.join();
    EXPECT_EQ(budget.ask({}), Answer::room);
}

// Who waits looks whether its key is paused, and who resumes a key wakes those who wait.
TEST(Budget, KeysArePausedAndResumedBesideThoseWhoWait) {
    const auto budget = std::make_shared<Budget>(usual);
    PausedLanes paused(budget);
    std::atomic<bool> over{false};
    std::thread waits([&] {
        while (!over) budget->wait_for_room({.lane = red}, [&] { return paused.contains(red); });
    });
    for (int i = 0; i < 20'000; ++i) {
        paused.add({blue, red, blue});
        EXPECT_TRUE(paused.remove(blue));
        EXPECT_TRUE(paused.remove(red));
        EXPECT_FALSE(paused.remove(red));
    }
    over = true;
    waits.join();
    EXPECT_EQ(budget->paused_keys(), 0U);
}

TEST(Budget, IsFullByBytesAndByEvents) {
    Budget budget(usual);
    budget.page_opened(999'999);
    EXPECT_EQ(budget.ask({}), Answer::room);
    budget.page_opened(1);
    EXPECT_EQ(budget.ask({}), Answer::full);
    budget.page_closed(1'000'000);
    for (int i = 0; i < 99; ++i) budget.take_event(0, 1);
    EXPECT_EQ(budget.ask({}), Answer::room);
    budget.take_event(0, 1);
    EXPECT_EQ(budget.ask({}), Answer::full);
}

TEST(Budget, IsHalfFullByEither) {
    Budget budget(usual);
    EXPECT_FALSE(budget.is_half_full());
    budget.page_opened(500'000);
    EXPECT_TRUE(budget.is_half_full());
    budget.page_closed(500'000);
    for (int i = 0; i < 50; ++i) budget.take_event(0, 1);
    EXPECT_TRUE(budget.is_half_full());
}

TEST(Budget, AKeyPastItsShareIsFullAndOthersAreNot) {
    Budget budget(usual);
    for (int i = 0; i < 10; ++i) budget.take_event(red, 1000);
    EXPECT_EQ(budget.ask({.lane = red}), Answer::key_full);
    EXPECT_EQ(budget.ask({.lane = blue}), Answer::room);
    EXPECT_EQ(budget.ask({.lane = 0}), Answer::room);
    for (int i = 0; i < 5; ++i) settle(budget, red, 1000);
    EXPECT_EQ(budget.ask({.lane = red}), Answer::room);
}

TEST(Budget, AKeyThatDoesNotShareAllItsEntriesWithAFullOneHasRoom) {
    Budget budget(usual);
    for (int i = 0; i < 10; ++i) budget.take_event(red, 1000);
    EXPECT_EQ(budget.ask({.lane = 7 + (std::uint64_t{9} << 20)}), Answer::room);
    EXPECT_EQ(budget.ask({.lane = 9 + (std::uint64_t{1} << 20)}), Answer::room);
}

TEST(Budget, AKeyThatHoldsNothingHasRoomHoweverSmallItsShare) {
    BudgetOptions tiny = usual;
    tiny.most_held_by_key = 0;
    Budget budget(tiny);
    EXPECT_EQ(budget.ask({.lane = red}), Answer::room);
    budget.take_event(red, 1);
    EXPECT_EQ(budget.ask({.lane = red}), Answer::key_full);
}

TEST(Budget, RefusesRecordsForAFullShardWhileItIsFull) {
    Budget budget(usual);
    EXPECT_FALSE(budget.any_shard_full());
    budget.shards_are_full({{key_at(0.25), key_at(0.5)}});
    EXPECT_TRUE(budget.any_shard_full());
    const auto ask = [&](double place) {
        return budget.ask({.hash_key = key_at(place), .has_hash_key = true});
    };
    EXPECT_EQ(ask(0.25), Answer::shard_full);
    EXPECT_EQ(ask(0.5), Answer::shard_full);
    EXPECT_EQ(ask(0.6), Answer::room);
    EXPECT_EQ(ask(0.1), Answer::room);
    budget.shards_are_full({});
    EXPECT_FALSE(budget.any_shard_full());
    EXPECT_EQ(ask(0.3), Answer::room);
}

TEST(Budget, SuspendsNoMoreThanAllowedUntilTheyAreSettled) {
    Budget budget(usual);
    EXPECT_TRUE(budget.suspend());
    EXPECT_TRUE(budget.suspend());
    EXPECT_FALSE(budget.suspend());
    budget.take_event(0, 1);
    settle(budget, 0, 1, true);
    EXPECT_TRUE(budget.suspend());
    EXPECT_FALSE(budget.suspend());
}

TEST(Budget, IsSoughtOnceAfterSomebodyAskedInVainAndAsLongAsSomebodyWaits) {
    Budget budget(usual);
    EXPECT_EQ(budget.ask({}), Answer::room);
    EXPECT_FALSE(budget.is_sought());
    budget.page_opened(1'000'000);
    EXPECT_EQ(budget.ask({}), Answer::full);
    EXPECT_TRUE(budget.is_sought());
    EXPECT_FALSE(budget.is_sought());
    std::thread waiting([&] { budget.wait_for_room({}, never); });
    while (!budget.is_sought()) std::this_thread::yield();
    EXPECT_TRUE(budget.is_sought());
    budget.page_closed(1'000'000);
    waiting.join();
    EXPECT_FALSE(budget.is_sought());
}

TEST(Budget, WhoWaitsIsWokenByWhatHeWaitsFor) {
    for (const bool for_shard : {false, true}) {
        Budget budget(usual);
        for (int i = 0; i < 10; ++i) budget.take_event(red, 1000);
        budget.shards_are_full({{key_at(0), key_at(0.5)}});
        std::atomic<bool> returned{false};
        std::thread waiting([&] {
            budget.wait_for_room(
                {.lane = for_shard ? 0 : red, .hash_key = key_at(0.1), .has_hash_key = for_shard},
                never);
            returned = true;
        });
        std::this_thread::sleep_for(5ms);
        EXPECT_FALSE(returned);
        if (for_shard) {
            budget.shards_are_full({});
        } else {
            for (int i = 0; i < 5; ++i) settle(budget, red, 1000);
        }
        waiting.join();
    }
}

TEST(Budget, CloseWakesWhoeverWaits) {
    Budget budget(usual);
    budget.page_opened(1'000'000);
    std::thread waiting([&] { budget.wait_for_room({}, never); });
    budget.close();
    waiting.join();
    budget.wait_for_room({}, never);
}

TEST(Budget, WhoGivesUpIsWokenToSaySo) {
    Budget budget(usual);
    budget.page_opened(1'000'000);
    std::atomic<bool> gives_up{false};
    std::thread waiting([&] { budget.wait_for_room({}, [&] { return gives_up.load(); }); });
    while (!budget.is_sought()) std::this_thread::yield();
    gives_up = true;
    budget.look_again();
    waiting.join();
}

}  // namespace
}  // namespace lk::pipeline
