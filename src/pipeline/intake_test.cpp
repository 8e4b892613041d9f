#include "pipeline/intake.hpp"

#include <gtest/gtest.h>

#include <list>
#include <set>
#include <thread>

#include "pipeline/completions.hpp"
#include "pipeline/pending_list.hpp"

namespace lk::pipeline {
namespace {

constexpr std::size_t mebibyte = 1024 * 1024;

// A loop that nobody runs: the test is the driver.
class NoLoop final : public Loop {
  public:
    void attach(std::shared_ptr<Participant>) override {}
    void detach(const Participant*) override {}
    void detach_and_wait(const Participant*) override {}
    void wake() noexcept override { ++wakes; }
    [[nodiscard]] bool on_loop_thread() const noexcept override { return false; }

    int wakes = 0;
};

class IntakeTest : public testing::Test {
  protected:
    std::size_t write(const std::string& key, std::size_t data_bytes, bool random = false) {
        const std::string data(data_bytes, key.empty() ? 'x' : key.back());
        Draft draft;
        draft.bytes = data;
        draft.data_bytes = data.size();
        draft.partition_key = key;
        draft.lane = random ? 0 : intake->lane_of(key);
        detail::Slot* const slot = intake->write(draft);
        if (slot == nullptr) return 0;
        slot->drop();
        return data_bytes;
    }

    void drain() {
        intake->drain([&](Pending* record) { all.add(record); });
    }

    void settle(Pending* record) {
        all.remove(record);
        record->slot->settle_unwanted();
        Budget::Return sum;
        budget->settled(*record, sum);
        intake->release(record);
        intake->give_back_released();
        budget->give_back(sum);
    }

    std::size_t unsettled() const {
        std::size_t count = 0;
        for (Pending* one = all.oldest(); one != nullptr; one = one->newer) ++count;
        return count;
    }

    void TearDown() override {
        drain();
        while (!all.empty()) settle(all.oldest());
    }

    std::shared_ptr<Budget> budget = std::make_shared<Budget>(BudgetOptions{
        .bytes = 8 * mebibyte, .events = 1'000'000, .most_held_by_key = 8 * mebibyte});
    std::shared_ptr<NoLoop> loop = std::make_shared<NoLoop>();
    Doorbell doorbell{loop};
    std::unique_ptr<Intake> intake =
        std::make_unique<Intake>(budget, doorbell, Completions::make({}, {}));
    AllPending all;
};

TEST_F(IntakeTest, TheHashKeysOfManyAreThoseOfEach) {
    std::vector<event::HashKey> expected;
    for (unsigned i = 0; i < 37; ++i) {
        const std::string key = "key " + std::to_string(i) + std::string(i * 3, 'k');
        const std::string given = i % 3 == 1 ? std::to_string(i) : "";
        Draft draft;
        draft.bytes = "data";
        draft.data_bytes = draft.bytes.size();
        draft.partition_key = key;
        draft.explicit_hash_key = given;
        intake->write(draft)->drop();
        expected.push_back(given.empty() ? event::hash_of_partition_key(key)
                                         : event::HashKey{0, i});
    }
    drain();
    std::vector<const Pending*> records;
    for (const Pending* one = all.oldest(); one != nullptr; one = one->newer) {
        records.push_back(one);
    }
    std::vector<event::HashKey> keys(records.size());
    hash_keys_of(records, keys);
    EXPECT_EQ(keys, expected);
}

TEST_F(IntakeTest, WritesARecordThatReadsBackAsItWas) {
    write("key", 5);
    drain();
    const Record record = record_of(*all.oldest());
    EXPECT_EQ(record.data, "yyyyy");
    EXPECT_EQ(record.partition_key, "key");
    EXPECT_EQ(record.explicit_hash_key, "");
}

TEST_F(IntakeTest, KeepsTheOrderOfAKeyAcrossPages) {
    for (std::size_t i = 1; i <= 3000; ++i) write("key", i);
    drain();
    std::size_t expected = 0;
    for (Pending* one = all.oldest(); one != nullptr; one = one->newer) {
        ASSERT_EQ(one->data_bytes(), ++expected);
    }
    EXPECT_EQ(expected, 3000U);
}

// One record a stripe opens the stripe's first page, so none finds a page full.
TEST_F(IntakeTest, AHalfFullBudgetWakesADriverThatLetsRecordsLinger) {
    budget = std::make_shared<Budget>(BudgetOptions{
        .bytes = 8 * mebibyte, .events = 2 * Intake::stripe_count, .most_held_by_key = mebibyte});
    intake = std::make_unique<Intake>(budget, doorbell, Completions::make({}, {}));
    doorbell.listen(Doorbell::Listens::to_full_pages_and_half_budgets);
    std::set<std::uint64_t> stripes;
    for (int i = 0; stripes.size() < Intake::stripe_count; ++i) {
        const std::string key = "key " + std::to_string(i);
        const std::uint64_t stripe = (intake->lane_of(key) >> 32) & (Intake::stripe_count - 1);
        if (!stripes.insert(stripe).second) continue;
        EXPECT_EQ(loop->wakes, 0);
        write(key, 10);
    }
    EXPECT_TRUE(budget->is_half_full());
    EXPECT_EQ(loop->wakes, 1);
}

TEST_F(IntakeTest, TakesNothingAfterClose) {
    intake->close();
    EXPECT_EQ(write("key", 5), 0U);
    EXPECT_EQ(budget->events(), 0U);
}

TEST_F(IntakeTest, PagesAreGivenBackWithTheirLastRecord) {
    for (int i = 0; i < 10'000; ++i) write("key " + std::to_string(i), 300);
    drain();
    EXPECT_GT(budget->pages(), 3 * mebibyte);
    while (!all.empty()) settle(all.oldest());
    EXPECT_EQ(budget->events(), 0U);
    EXPECT_LE(budget->pages(), 4 * (8 * mebibyte / 256)) << "those that are open";
}

TEST_F(IntakeTest, ARecordLargerThanAPageHasOneOfItsOwn) {
    write("key", 5 * mebibyte);
    drain();
    EXPECT_GT(budget->pages(), 5 * mebibyte);
    settle(all.oldest());
    write("key", 5);
    drain();
    EXPECT_LT(budget->pages(), mebibyte);
}

TEST_F(IntakeTest, APageOfALargeRecordIsGivenBackWithItThoughNothingElseIsWritten) {
    write("k", mebibyte);
    drain();
    settle(all.oldest());
    EXPECT_EQ(budget->pages(), 0U);
}

TEST_F(IntakeTest, APageThatARequestHoldsCountsUntilItIsLetGo) {
    write("key", mebibyte);
    drain();
    Page* const page = all.oldest()->page;
    page->hold();
    settle(all.oldest());
    write("key", 1);
    drain();
    EXPECT_GT(budget->pages(), mebibyte);
    page->let_go();
    EXPECT_LT(budget->pages(), mebibyte);
}

TEST_F(IntakeTest, CompactionMovesStragglersAndGivesTheirPagesBack) {
    for (int i = 0; i < 20'000; ++i) write("key " + std::to_string(i), 300);
    drain();
    std::vector<Pending*> others;
    int number = 0;
    for (Pending* one = all.oldest(); one != nullptr; one = one->newer) {
        if (++number % 100 != 0) others.push_back(one);
    }
    for (Pending* one : others) settle(one);
    ASSERT_EQ(unsettled(), 200U);
    const std::size_t before = budget->pages();
    EXPECT_GT(intake->wasted_bytes(), 6 * mebibyte);
    std::list<std::string> bytes;
    for (Pending* one = all.oldest(); one != nullptr; one = one->newer) {
        bytes.emplace_back(record_of(*one).cbor);
    }
    intake->compact(all.oldest());
    EXPECT_LT(budget->pages(), before / 10);
    for (Pending* one = all.oldest(); one != nullptr; one = one->newer) {
        EXPECT_EQ(record_of(*one).cbor, bytes.front());
        bytes.pop_front();
    }
}

TEST_F(IntakeTest, CompactionLeavesWhatIsUnderWayWhereItIs) {
    for (int i = 0; i < 1000; ++i) write("key", 300);
    drain();
    Pending* const under_way = all.oldest();
    under_way->in_flight = true;
    const char* const bytes = under_way->bytes;
    while (under_way->newer != nullptr) settle(under_way->newer);
    write("key", 20'000);
    drain();
    intake->compact(all.oldest());
    EXPECT_EQ(under_way->bytes, bytes);
}

// One event in 400 is of a key that never settles, all others are settled at once; their pages
// would be kept by one record each.
TEST_F(IntakeTest, CompactionLeavesPagesThatWouldStayAnyhow) {
    for (int i = 0; i < 1000; ++i) write("key", 300);
    drain();
    Pending* const under_way = all.oldest();
    Pending* const waiting = under_way->newer;
    under_way->in_flight = true;
    while (waiting->newer != nullptr) settle(waiting->newer);
    write("key", 20'000);
    drain();
    const std::size_t before = budget->pages();
    intake->compact(all.oldest());
    EXPECT_LE(budget->pages(), before) << "a page more, and none less";
    under_way->in_flight = false;
    intake->compact(all.oldest());
    EXPECT_LE(budget->pages(), before);
}

TEST_F(IntakeTest, StragglersDoNotKeepMoreThanTheyAreLargeByFar) {
    std::size_t most = 0;
    std::size_t stuck_bytes = 0;
    for (int i = 0; i < 400'000; ++i) {
        if (i % 400 == 0) {
            stuck_bytes += write("stuck", 300);
        } else {
            write("key " + std::to_string(i), 300);
        }
        if (i % 500 != 0) continue;
        drain();
        std::vector<Pending*> done;
        const std::uint64_t stuck = intake->lane_of("stuck");
        for (Pending* one = all.oldest(); one != nullptr; one = one->newer) {
            if (one->lane != stuck) done.push_back(one);
        }
        for (Pending* one : done) settle(one);
        if (intake->wasted_bytes() * 4 > budget->bytes()) intake->compact(all.oldest());
        most = std::max(most, budget->held());
    }
    EXPECT_LT(most, 4 * mebibyte);
    EXPECT_LT(stuck_bytes, mebibyte);
}

TEST_F(IntakeTest, ManyThreadsWriteWhileTheDriverDrainsAndSettles) {
    std::atomic<int> running{4};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
            for (std::size_t i = 1; i <= 5000; ++i) write("key " + std::to_string(t), i % 700);
            --running;
        });
    }
    std::size_t settled = 0;
    while (true) {
        const bool last = running == 0;
        drain();
        for (; !all.empty(); ++settled) settle(all.oldest());
        if (last) break;
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(settled, 20'000U);
    EXPECT_EQ(budget->events(), 0U);
}

TEST(PendingPool, WhoTakesSomeLeavesTheRestToOthers) {
    std::size_t bytes = 0;
    PendingPool pool([&](std::ptrdiff_t grown) { bytes += static_cast<std::size_t>(grown); });
    const auto take = [&] {
        std::vector<Pending*> taken;
        for (Pending* one = pool.take_some(); one != nullptr; one = one->next) {
            taken.push_back(one);
        }
        return taken;
    };
    std::set<Pending*> seen;
    while (seen.size() < 11 * PendingPool::in_slab) {
        const std::vector<Pending*> fresh = take();
        EXPECT_GE(fresh.size(), 1U);
        EXPECT_LE(fresh.size(), FreePendings::most_in_chain);
        for (Pending* one : fresh) EXPECT_TRUE(seen.insert(one).second) << "given twice";
    }
    EXPECT_EQ(bytes, seen.size() * sizeof(Pending));
    FreePendings free;
    for (Pending* one : seen) free.add(one);
    pool.give_back(free);
    EXPECT_TRUE(free.empty());
    std::set<Pending*> again;
    while (again.size() < seen.size()) {
        const std::vector<Pending*> some = take();
        EXPECT_GE(some.size(), 1U);
        EXPECT_LE(some.size(), FreePendings::most_in_chain);
        for (Pending* one : some) {
            EXPECT_TRUE(seen.contains(one)) << "nothing new is made";
            EXPECT_TRUE(again.insert(one).second) << "nothing is given twice";
        }
    }
}

struct Linked {
    Linked* next = nullptr;
    Linked* next_chain = nullptr;
    char more[64];
};
using Chains = FreeChains<Linked, &Linked::next, &Linked::next_chain>;
using LinkedSlabs = Slabs<Linked, &Linked::next, &Linked::next_chain>;

std::vector<Linked*> all_of(Linked* chains) {
    std::vector<Linked*> all;
    Chains::for_each(chains, [&](Linked* one) { all.push_back(one); });
    return all;
}

std::vector<Linked*> objects_of(Linked* chain) {
    std::vector<Linked*> objects;
    for (; chain != nullptr; chain = chain->next) objects.push_back(chain);
    return objects;
}

TEST(FreeChains, AreTakenWholeAndInOrder) {
    std::vector<Linked> objects(2 * Chains::most_in_chain + 1);
    Chains free;
    for (Linked& one : objects) free.add(&one);
    Linked* chains = nullptr;
    free.put_before(chains);
    EXPECT_TRUE(free.empty());
    std::vector<Linked*> taken;
    for (const std::size_t size : {Chains::most_in_chain, Chains::most_in_chain, std::size_t{1}}) {
        const std::vector<Linked*> some = objects_of(Chains::take(chains));
        EXPECT_EQ(some.size(), size);
        taken.insert(taken.end(), some.begin(), some.end());
    }
    EXPECT_EQ(chains, nullptr);
    for (std::size_t i = 0; i < objects.size(); ++i) EXPECT_EQ(taken[i], &objects[i]);
}

// What comes back one by one is not taken one by one.
TEST(FreeChains, ThoseOfOneObjectAreTakenTogether) {
    std::vector<Linked> objects(40);
    Linked* chains = nullptr;
    for (Linked& one : objects) {
        one = {};
        Chains::join(chains, &one);
    }
    std::set<Linked*> seen;
    int takes = 0;
    for (; chains != nullptr; ++takes) {
        for (Linked* one : objects_of(Chains::take(chains))) EXPECT_TRUE(seen.insert(one).second);
    }
    EXPECT_EQ(seen.size(), objects.size());
    EXPECT_EQ(takes, 3) << "sixteen at a time";
}

TEST(FreeChains, OneThatIsTakenWithAnotherLeavesTheRest) {
    std::vector<Linked> objects(5);
    Chains free;
    for (std::size_t i = 1; i < objects.size(); ++i) free.add(&objects[i]);
    Linked* chains = nullptr;
    free.put_before(chains);
    Chains::join(chains, &objects[0]);
    EXPECT_EQ(objects_of(Chains::take(chains)).size(), 5U);
    EXPECT_EQ(chains, nullptr);
}

TEST(Slabs, TheMoreThereAreTheMoreAreAddedAtOnceUpToALimit) {
    constexpr std::size_t in_slab = 16;
    LinkedSlabs slabs(in_slab);
    Linked* chain = nullptr;
    std::size_t before = 0;
    std::size_t added = 0;
    while (slabs.objects() < 50'000) {
        before = slabs.size();
        slabs.add(chain);
        added = slabs.size() - before;
        ASSERT_EQ(added, std::clamp<std::size_t>(
                             before / 8, 1, slabs.most_added_bytes / (in_slab * sizeof(Linked))));
    }
    EXPECT_EQ(added, slabs.most_added_bytes / (in_slab * sizeof(Linked)));
    const std::vector<Linked*> all = all_of(chain);
    EXPECT_EQ(all.size(), slabs.objects());
    EXPECT_EQ(std::set<Linked*>(all.begin(), all.end()).size(), all.size());
}

struct Rare {
    Rare() {
        if (left == 0) throw std::bad_alloc();
        --left;
    }
    Rare* next = nullptr;
    Rare* next_chain = nullptr;
    static inline std::size_t left = 0;
};

TEST(Slabs, AddWhatMemoryThereIs) {
    constexpr std::size_t in_slab = 16;
    Slabs<Rare, &Rare::next, &Rare::next_chain> slabs(in_slab);
    Rare* chain = nullptr;
    Rare::left = 1000 * in_slab;
    while (slabs.size() < 100) slabs.add(chain);
    const std::size_t before = slabs.objects();
    Rare::left = 2 * in_slab + 1;
    slabs.add(chain);
    EXPECT_EQ(slabs.objects(), before + 2 * in_slab);
    Rare::left = in_slab - 1;
    EXPECT_THROW(slabs.add(chain), std::bad_alloc);
    EXPECT_EQ(slabs.objects(), before + 2 * in_slab);
    std::size_t linked = 0;
    decltype(slabs)::Chains::for_each(chain, [&](Rare*) { ++linked; });
    EXPECT_EQ(linked, slabs.objects());
}

TEST(Slabs, OneThatIsUsedKeepsItsSlabAlone) {
    constexpr std::size_t in_slab = 16;
    LinkedSlabs slabs(in_slab);
    Linked* chain = nullptr;
    while (slabs.size() < 100) slabs.add(chain);
    Linked* const used = Chains::take(chain);
    ASSERT_EQ(objects_of(used).size(), in_slab);
    Linked* const rest = std::exchange(used->next, nullptr);
    rest->next_chain = nullptr;
    Chains::join(chain, rest);
    slabs.free_unused(chain);
    EXPECT_EQ(slabs.size(), 1U);
    EXPECT_EQ(all_of(chain).size(), in_slab - 1);
}

}  // namespace
}  // namespace lk::pipeline
