#include "pipeline/outbox_stage.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "pipeline/completions.hpp"

namespace lk::pipeline {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::size_t mebibyte = 1024 * 1024;

// A loop that nobody runs: the test is the driver.
class NoLoop final : public Loop {
  public:
    void attach(std::shared_ptr<Participant>) override {}
    void detach(const Participant*) override {}
    void detach_and_wait(const Participant*) override {}
    void wake() noexcept override {}
    [[nodiscard]] bool on_loop_thread() const noexcept override { return false; }
};

// An outbox in memory that does what it is asked when the test says so.
class FakeOutbox final : public outbox::StreamOutbox {
  public:
    struct Page {
        std::vector<std::string> cbor;
        std::vector<outbox::KeptRecord> records;
        std::vector<bool> settled;
    };
    std::map<outbox::PageId, Page> pages;
    std::vector<outbox::LeftPage> left;
    std::optional<Error> disk_error;
    std::uint64_t most_bytes = 1 << 30;
    std::deque<std::function<void()>> asked;

    /// Does what was asked so far.
    void work() {
        while (!asked.empty()) {
            const auto next = std::move(asked.front());
            asked.pop_front();
            next();
        }
    }

    [[nodiscard]] std::uint64_t fingerprint_seed() const noexcept override { return 5; }
    std::optional<Error> for_each_left(
        const std::function<void(const outbox::LeftPage&)>& page) override {
        for (const auto& one : left) page(one);
        return std::nullopt;
    }
    void keep(std::vector<outbox::PageDraft> drafts,
              std::function<void(Expected<std::vector<outbox::PageId>, Error>)> done) override {
        asked.emplace_back([this, drafts = std::move(drafts), done = std::move(done)] {
            if (disk_error) return done(*disk_error);
            std::vector<outbox::PageId> ids;
            for (const outbox::PageDraft& draft : drafts) {
                const outbox::PageId id = ++last_id_;
                for (const outbox::KeptRecord& record : draft) {
                    pages[id].cbor.emplace_back(record.cbor);
                    pages[id].records.push_back(record);
                    pages[id].settled.push_back(false);
                }
                ids.push_back(id);
            }
            done(std::move(ids));
        });
    }
    void load(outbox::PageId id,
              std::function<void(Expected<outbox::KeptPage, Error>)> done) override {
        asked.emplace_back([this, id, done = std::move(done)] {
            if (disk_error) return done(*disk_error);
            outbox::KeptPage page;
            page.id = id;
            page.records = pages[id].records;
            page.settled = pages[id].settled;
            for (std::size_t i = 0; i < page.records.size(); ++i) {
                page.records[i].cbor = pages[id].cbor[i];
            }
            done(std::move(page));
        });
    }
    void settle(outbox::PageId id, std::vector<std::uint32_t> records) override {
        for (const std::uint32_t index : records) pages.at(id).settled[index] = true;
        const auto& settled = pages.at(id).settled;
        if (std::all_of(settled.begin(), settled.end(), [](bool one) { return one; })) {
            pages.erase(id);
        }
    }
    void flush(std::function<void()> done) override { asked.push_back(std::move(done)); }
    [[nodiscard]] std::uint64_t bytes() const noexcept override { return 0; }
    [[nodiscard]] std::uint64_t max_bytes() const noexcept override { return most_bytes; }

  private:
    outbox::PageId last_id_ = 0;
};

class OutboxStageTest : public ::testing::Test {
  protected:
    void write(const std::string& name, const std::string& key = {}, std::size_t bytes = 10) {
        const std::string data = name + std::string(bytes, '.');
        Draft draft;
        draft.bytes = data;
        draft.data_bytes = data.size();
        draft.partition_key = key.empty() ? "random" : key;
        draft.lane = key.empty() ? 0 : intake.lane_of(key);
        detail::Slot* const slot = intake.write(draft);
        results.push_back(detail::Slot::of(slot));
    }

    void turn() {
        intake.drain([this](Pending* record) { stage->take(record, now); });
        stage->turn(now, nullptr);
    }
    /// What was written is kept, and goes on where it may.
    void keep() {
        turn();
        outbox->work();
        turn();
    }

    /// What the core would send now: the names of all that is ready.
    std::vector<std::string> send() {
        std::vector<std::string> names;
        core.hurry(0);
        while (const Core::Request* request = core.next_request(now)) {
            under_way.push_back(*request);
            for (const Parcel& parcel : request->parcels) {
                const std::string_view data = record_of(*parcel.first).data;
                names.emplace_back(data.substr(0, data.find('.')));
            }
        }
        return names;
    }
    /// Kinesis stores all that was sent.
    void store_all() {
        while (!under_way.empty()) {
            PutRecordsAnswer answer;
            for (std::size_t i = 0; i < under_way.front().parcels.size(); ++i) {
                answer.add_stored("shardId-000000000000", "1");
            }
            core.answered(under_way.front().id, answer, now);
            under_way.pop_front();
            take_settled();
        }
    }
    void take_settled() {
        Budget::Return returned;
        for (Settled& settled : core.settled()) {
            Pending* const record = settled.record;
            endings[settled.ending]++;
            if (record->slot != nullptr) {
                if (record->slot->wanted()) {
                    auto settlement = std::make_unique<Settlement>();
                    settlement->published = settled.ending == Ending::published;
                    settlement->error = settled.error;
                    record->slot->settle(std::move(settlement));
                } else {
                    record->slot->settle_unwanted();
                }
            }
            if (record->kept) {
                settled.ending == Ending::kept ? stage->left(*record) : stage->settled(*record);
            }
            stage->released(*record);
            budget->settled(*record, returned);
            intake.release(record);
        }
        core.settled().clear();
        intake.give_back_released();
        budget->give_back(returned);
    }
    /// All that can be sent, until nothing comes any more.
    std::vector<std::string> drain() {
        std::vector<std::string> all;
        for (int idle = 0; idle < 100;) {
            keep();
            const auto names = send();
            all.insert(all.end(), names.begin(), names.end());
            store_all();
            now += 10ms;
            idle = names.empty() ? idle + 1 : 0;
        }
        return all;
    }

    void TearDown() override {
        outbox->work();
        turn();
        stage->end(now, {});
        core.fail_all({});
        core.abandon_requests();
        take_settled();
        stage.reset();
    }

    std::shared_ptr<NoLoop> loop = std::make_shared<NoLoop>();
    std::shared_ptr<FakeOutbox> outbox = std::make_shared<FakeOutbox>();
    std::shared_ptr<Budget> budget = std::make_shared<Budget>(
        BudgetOptions{.bytes = 2 * mebibyte, .events = 5000, .most_held_by_key = mebibyte / 4});
    Doorbell doorbell{loop};
    Intake intake{budget, doorbell, Completions::make({}, {}),
                  IntakeOptions{kept_place_bytes, outbox->fingerprint_seed()}};
    Core core{{.deliver_within = 1h, .max_requests_in_flight = 100}};
    std::unique_ptr<OutboxStage> stage = std::make_unique<OutboxStage>(
        OutboxStage::Options{outbox, loop, std::make_shared<Inbox>(loop, Log{}), "s"}, core, intake,
        *budget);
    std::vector<Published> results;
    std::deque<Core::Request> under_way;
    std::map<Ending, int> endings;
    TimePoint now = TimePoint{} + 1h;
};

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

TEST_F(OutboxStageTest, NothingOvertakesItsKeyWhileTheDiskFailsToRead) {
    std::vector<std::string> expected;
    for (int i = 0; i < 2500; ++i) {
        expected.push_back(std::to_string(i));
        write(expected.back(), "k", 1000);
        if (i % 50 == 0) keep();
    }
    keep();
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
