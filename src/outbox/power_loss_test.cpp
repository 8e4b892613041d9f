// The power goes at any moment, and what was not synchronised goes with it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <set>
#include <thread>

#include "outbox/faulty_disk.hpp"
#include "outbox/test_outbox.hpp"

namespace lk::outbox {
namespace {

using testing::IsEmpty;
using Texts = std::vector<std::string>;

/// An outbox on a disk of its own, and what a caller of it was told.
class Machine {
  public:
    explicit Machine(Sync sync = Sync::every_commit) : sync_(sync) {}

    [[nodiscard]] Options options() {
        return {.directory = directory_.path(),
                .max_bytes = 1 << 30,
                .sync = sync_,
                .sync_interval = std::chrono::milliseconds(5),
                .log =
                    [this](int, std::string_view line) {
                        if (line.find("damaged") != std::string_view::npos) ++damages_;
                    },
                .vfs = disk_.name()};
    }
    [[nodiscard]] FaultyDisk& disk() { return disk_; }
    [[nodiscard]] int damages() const { return damages_; }

  private:
    const Sync sync_;
    TestDirectory directory_;
    FaultyDisk disk_;
    std::atomic<int> damages_{0};
};

/// What it asks and is told, from the outside.
class Witness {
  public:
    void keep(StreamOutbox& outbox, std::mt19937_64& random) {
        auto texts = std::make_shared<Texts>();
        for (std::size_t i = 1 + random() % 5; i > 0; --i) {
            texts->push_back("page " + std::to_string(number_++) + " " +
                             filler(random() % 9000, random()));
        }
        {
            const std::lock_guard lock(mutex_);
            handed_in_.insert(*texts);
            ++outstanding_;
        }
        auto records = std::make_shared<TestRecords>(*texts);
        outbox.keep({records->draft()}, [this, texts, records](const Ids& ids) {
            const std::lock_guard lock(mutex_);
            if (ids) {
                stored_[ids->front()] = *texts;
            } else {
                refused_.insert(*texts);
            }
            --outstanding_;
        });
    }

    void settle_one(StreamOutbox& outbox) {
        const std::lock_guard lock(mutex_);
        if (stored_.empty()) return;
        const auto [id, texts] = *stored_.begin();
        std::vector<std::uint32_t> all(texts.size());
        for (std::uint32_t i = 0; i < all.size(); ++i) all[i] = i;
        outbox.settle(id, all);
        stored_.erase(id);
        settled_[id] = texts;
    }

    [[nodiscard]] std::map<PageId, Texts> stored() {
        const std::lock_guard lock(mutex_);
        return stored_;
    }
    [[nodiscard]] std::map<PageId, Texts> settled() {
        const std::lock_guard lock(mutex_);
        return settled_;
    }
    [[nodiscard]] std::set<Texts> handed_in() {
        const std::lock_guard lock(mutex_);
        return handed_in_;
    }
    [[nodiscard]] std::set<Texts> refused() {
        const std::lock_guard lock(mutex_);
        return refused_;
    }
    void wait_for_all() {
        for (;;) {
            {
                const std::lock_guard lock(mutex_);
                if (outstanding_ == 0) return;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
    }

  private:
    std::mutex mutex_;
    int number_ = 0;
    int outstanding_ = 0;
    std::set<Texts> handed_in_;
    std::set<Texts> refused_;
    std::map<PageId, Texts> stored_;
    std::map<PageId, Texts> settled_;
};

void lose_power_after(int keeps, std::uint64_t seed) {
    SCOPED_TRACE(std::to_string(keeps) + " keeps, seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    Machine machine;
    Machine after;
    Witness witness;
    std::map<PageId, Texts> stored;
    std::map<PageId, Texts> settled_and_flushed;
    {
        const auto outbox = open_or_fail(machine.options());
        for (int i = 0; i < keeps; ++i) {
            witness.keep(*outbox, random);
            if (random() % 3 == 0) witness.wait_for_all();
            if (random() % 2 == 0) witness.settle_one(*outbox);
            if (random() % 20 == 0) {
                settled_and_flushed = witness.settled();
                flush(*outbox);
            }
        }
        stored = witness.stored();
        // Its thread may be in the middle of a commit.
        machine.disk().lose_power_into(after.disk(), seed);
    }
    const auto again = open_or_fail(after.options());
    ASSERT_NE(again, nullptr);
    const auto left = left_by_page(*again);
    for (const auto& [id, texts] : stored) {
        ASSERT_TRUE(left.contains(id)) << "page " << id << " was stored and is lost";
        EXPECT_EQ(left.at(id), texts);
    }
    const auto handed_in = witness.handed_in();
    for (const auto& [id, texts] : left) {
        EXPECT_TRUE(handed_in.contains(texts)) << "page " << id << " is nobody's";
        EXPECT_FALSE(settled_and_flushed.contains(id)) << "page " << id << " was settled";
    }
    EXPECT_EQ(after.damages(), 0);
    EXPECT_GT(keep_page(*again, {"goes on"}), left.empty() ? 0 : left.rbegin()->first);
}

TEST(PowerLoss, LosesNothingThatWasReportedStored) {
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        lose_power_after(static_cast<int>(seed), seed);
        if (HasFatalFailure()) return;
    }
}

// Long enough that the log is copied into the file several times.
TEST(PowerLoss, LosesNothingWhileTheLogIsCopied) {
    for (std::uint64_t seed = 100; seed < 106; ++seed) {
        lose_power_after(400, seed);
        if (HasFatalFailure()) return;
    }
}

TEST(Synchronizing, HappensBeforePagesAreReportedStored) {
    Machine machine;
    const auto outbox = open_or_fail(machine.options());
    for (int i = 0; i < 5; ++i) {
        const std::uint64_t before = machine.disk().synchronizations();
        keep_page(*outbox, {"x"});
        EXPECT_GT(machine.disk().synchronizations(), before);
    }
}

TEST(Synchronizing, HappensByItselfInAnInterval) {
    Machine machine(Sync::interval);
    const auto outbox = open_or_fail(machine.options());
    flush(*outbox);
    const std::uint64_t before = machine.disk().synchronizations();
    keep_page(*outbox, {"x"});
    while (machine.disk().synchronizations() == before) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

// Nor is it said to be done where the file cannot even be opened again.
TEST(Synchronizing, ThatFailsIsDoneAgainAndNotFlushedBefore) {
    for (const bool is_closed_before : {false, true}) {
        Machine machine;
        Machine after;
        Options options = machine.options();
        options.sync = Sync::interval;
        options.sync_interval = std::chrono::hours(1);
        const auto outbox = open_or_fail(options);
        const PageId id = keep_page(*outbox, {"x"});
        machine.disk().fail(FaultyDisk::Fault::broken, 1, 1'000'000);
        // With the file still open, and with one that was closed after another failure.
        if (is_closed_before) {
            EXPECT_FALSE(keep_pages(*outbox, {{"refused"}}));
        }
        std::promise<void> flushed;
        auto done = flushed.get_future();
        outbox->flush([&] { flushed.set_value(); });
        EXPECT_EQ(done.wait_for(std::chrono::milliseconds(100)), std::future_status::timeout);
        machine.disk().work();
        done.get();
        machine.disk().lose_power_into(after.disk(), 1);
        const auto again = open_or_fail(after.options());
        ASSERT_NE(again, nullptr);
        EXPECT_TRUE(left_by_page(*again).contains(id));
    }
}

TEST(Synchronizing, IsLeftToTheSystem) {
    Machine machine(Sync::os);
    const auto outbox = open_or_fail(machine.options());
    const std::uint64_t before = machine.disk().synchronizations();
    for (int i = 0; i < 5; ++i) keep_page(*outbox, {"x"});
    flush(*outbox);
    EXPECT_EQ(machine.disk().synchronizations(), before);
}

// The sanitizers are slow: with them not every call fails.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t stride = 9;
#else
constexpr std::uint64_t stride = 1;
#endif

struct Outcome {
    std::uint64_t calls = 0;
    std::size_t refused = 0;
};

/// Opens, keeps and settles, while the disk fails from its `first` call on; mends it; and looks
/// whether what was reported holds, after a power loss.
Outcome fail_at(FaultyDisk::Fault fault, std::uint64_t first, std::uint64_t count) {
    std::mt19937_64 random(first);
    Machine machine;
    Machine after;
    Witness witness;
    machine.disk().fail(fault, first, count);
    auto opened = open(machine.options(), "events");
    if (!opened) {
        EXPECT_THAT(opened.error().message, testing::HasSubstr("outbox"));
        machine.disk().work();
        opened = open(machine.options(), "events");
        EXPECT_TRUE(opened) << opened.error().message;
        if (!opened) return {};
    }
    std::shared_ptr<StreamOutbox> outbox = std::move(opened).value();
    opened = Expected<std::shared_ptr<StreamOutbox>, Error>(nullptr);
    for (int i = 0; i < 6; ++i) {
        witness.keep(*outbox, random);
        witness.wait_for_all();
        if (i % 2 == 1) witness.settle_one(*outbox);
    }
    machine.disk().work();
    const std::uint64_t calls = machine.disk().calls();
    EXPECT_GT(keep_page(*outbox, {"the disk works again"}), 0);
    const auto stored = witness.stored();
    const auto settled = witness.settled();
    flush(*outbox);
    machine.disk().lose_power_into(after.disk(), first);
    outbox.reset();

    const auto again = open_or_fail(after.options());
    if (again == nullptr) return {};
    const auto left = left_by_page(*again);
    for (const auto& [id, texts] : stored) {
        EXPECT_TRUE(left.contains(id) && left.at(id) == texts)
            << "page " << id << " was stored and is lost";
    }
    const auto refused = witness.refused();
    for (const auto& [id, texts] : left) {
        EXPECT_FALSE(refused.contains(texts)) << "page " << id << " was refused, and is there";
        EXPECT_FALSE(settled.contains(id)) << "page " << id << " was settled";
    }
    EXPECT_EQ(machine.damages() + after.damages(), 0);
    return {.calls = calls, .refused = refused.size()};
}

class FailingDisk : public testing::TestWithParam<FaultyDisk::Fault> {};

// Once, as a disk does that was only full for a moment: written again, nothing is refused.
TEST_P(FailingDisk, OnceAnywhereLosesNothing) {
    const std::uint64_t calls = fail_at(FaultyDisk::Fault::none, 0, 0).calls;
    for (std::uint64_t first = 1; first <= calls; first += stride) {
        SCOPED_TRACE(first);
        EXPECT_EQ(fail_at(GetParam(), first, 1).refused, 0U);
        if (HasFailure()) return;
    }
}

// A few times in a row, so that writing again fails as well, and until it is mended.
TEST_P(FailingDisk, FromAnywhereOnLosesNothingThatWasReportedStored) {
    const std::uint64_t calls = fail_at(FaultyDisk::Fault::none, 0, 0).calls;
    for (std::uint64_t first = 1; first <= calls; first += stride) {
        const std::uint64_t count = first % 2 == 0 ? 3 : 1'000'000;
        SCOPED_TRACE(std::to_string(first) + ", " + std::to_string(count) + " times");
        fail_at(GetParam(), first, count);
        if (HasFailure()) return;
    }
}

INSTANTIATE_TEST_SUITE_P(Faults, FailingDisk,
                         testing::Values(FaultyDisk::Fault::full, FaultyDisk::Fault::broken,
                                         FaultyDisk::Fault::short_write),
                         [](const auto& parameter) {
                             switch (parameter.param) {
                                 case FaultyDisk::Fault::full: return "Full";
                                 case FaultyDisk::Fault::broken: return "Broken";
                                 default: return "ShortWrite";
                             }
                         });

TEST(FullDisk, IsNamedAndRefusesUntilThereIsRoom) {
    Machine machine;
    const auto outbox = open_or_fail(machine.options());
    keep_page(*outbox, {"before"});
    machine.disk().fail(FaultyDisk::Fault::full, 1, 1'000'000);
    const Ids refused = keep_pages(*outbox, {{"refused"}});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::outbox);
    EXPECT_THAT(refused.error().message, testing::HasSubstr("full"));
    EXPECT_THAT(refused.error().message, testing::HasSubstr(machine.options().directory));
    // That is told, and tried again.
    std::promise<std::optional<Error>> noted;
    outbox->discard(5, outbox->last_page(), [&](auto error) { noted.set_value(std::move(error)); });
    EXPECT_TRUE(noted.get_future().get());
    machine.disk().work();
    EXPECT_GT(keep_page(*outbox, {"after"}), 0);
    EXPECT_EQ(outbox->discarded()->count(5), 1U);
}

// By the run that found it full, and by one that begins on it: its log cannot be copied then. With
// no fsync, which a full disk of this kind fails as well.
TEST(FullDisk, IsReadAllTheSame) {
    Machine machine(Sync::os);
    auto outbox = open_or_fail(machine.options());
    const PageId there = keep_page(*outbox, {"there"});
    const PageId settled = keep_page(*outbox, {"settled"});
    machine.disk().fail(FaultyDisk::Fault::full, 1, 1'000'000);
    EXPECT_FALSE(keep_pages(*outbox, {{"refused"}}));
    outbox->settle(settled, {0});
    EXPECT_TRUE(load_page(*outbox, there));
    outbox.reset();
    outbox = open_or_fail(machine.options());
    ASSERT_NE(outbox, nullptr);
    EXPECT_EQ(left_in(*outbox).size(), 2U) << "that one is settled could not be written";
    for (int i = 0; i < 2; ++i) {
        EXPECT_TRUE(load_page(*outbox, there));
        EXPECT_FALSE(keep_pages(*outbox, {{"refused, too"}}));
    }
    outbox->settle(settled, {0});
    machine.disk().work();
    EXPECT_GT(keep_page(*outbox, {"after"}), settled);
    outbox.reset();
    outbox = open_or_fail(machine.options());
    EXPECT_EQ(left_in(*outbox).size(), 2U) << "what was there, and what came after";
    EXPECT_EQ(machine.damages(), 0);
}

}  // namespace
}  // namespace lk::outbox
