// The file follows what is in it: much may flow through it, and a backlog leaves no large file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <deque>
#include <filesystem>
#include <fstream>
#include <future>
#include <numeric>
#include <thread>

#include "base/clock.hpp"
#include "outbox/inspect.hpp"
#include "outbox/test_outbox.hpp"
#include "sqlite/database.hpp"

namespace lk::outbox {
namespace {

constexpr std::size_t page_records = 112;
constexpr std::uint64_t mebibyte = 1 << 20;

class Growth : public testing::Test {
  protected:
    Growth() : outbox_(open_or_fail(options())) {
        for (std::size_t i = 0; i < page_records; ++i) texts_.push_back(noise(550, i));
        for (std::size_t i = 0; i < page_records; ++i) {
            page_.push_back({.cbor = texts_[i],
                             .data_bytes = 300,
                             .key_bytes = 36,
                             .hash_key_bytes = 0,
                             .is_envelope = true,
                             .fingerprint = i});
        }
        std::iota(all_.begin(), all_.end(), 0U);
    }

    [[nodiscard]] Options options() const {
        return {.directory = directory_.path(),
                .max_bytes = 1 << 30,
                .sync = Sync::os,
                .sync_interval = std::chrono::milliseconds(1000),
                .log = {},
                .vfs = {}};
    }

    std::vector<PageId> keep(std::size_t pages) {
        std::promise<Ids> kept;
        outbox_->keep(std::vector<PageDraft>(pages, page_),
                      [&](Ids ids) { kept.set_value(std::move(ids)); });
        return kept.get_future().get().value();
    }

    void settle(PageId id) { outbox_->settle(id, all_); }

    [[nodiscard]] std::uint64_t files() const {
        std::uint64_t bytes = 0;
        for (const auto& file : std::filesystem::directory_iterator(directory_.path())) {
            bytes += file.file_size();
        }
        return bytes;
    }

    TestDirectory directory_;
    std::shared_ptr<StreamOutbox> outbox_;
    std::vector<std::string> texts_;
    PageDraft page_;
    std::vector<std::uint32_t> all_ = std::vector<std::uint32_t>(page_records);
};

// 256 MiB, of which no more than 2 are there at a time.
TEST_F(Growth, IsThatOfWhatIsThereAndNotOfWhatWent) {
    std::deque<PageId> there;
    std::uint64_t most = 0;
    for (int i = 0; i < 512; ++i) {
        for (const PageId id : keep(8)) there.push_back(id);
        while (there.size() > 24) {
            settle(there.front());
            there.pop_front();
        }
        if (i % 16 == 0) most = std::max(most, files());
    }
    // The log is 32 MiB before it is copied, and may hold one commit more.
    EXPECT_LT(most, 48 * mebibyte);
    for (const PageId id : there) settle(id);
    flush(*outbox_);
    EXPECT_EQ(outbox_->bytes(), 0U);
    outbox_.reset();
    EXPECT_LT(files(), 8 * mebibyte);
}

TEST_F(Growth, OfABacklogGoesBackOnceItIsDrained) {
    std::vector<PageId> there;
    for (int i = 0; i < 16; ++i) {
        for (const PageId id : keep(64)) there.push_back(id);
    }
    EXPECT_EQ(outbox_->bytes(), 64 * mebibyte);
    // All but the last: the file cannot simply be made anew.
    for (std::size_t i = 0; i + 1 < there.size(); ++i) settle(there[i]);
    flush(*outbox_);
    EXPECT_EQ(outbox_->bytes(), mebibyte / 16);
    // By itself and in small steps, down to what is kept for what comes.
    while (files() > 20 * mebibyte) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_TRUE(load_page(*outbox_, there.back()));
    outbox_.reset();
    outbox_ = open_or_fail(options());
    EXPECT_EQ(left_in(*outbox_).size(), 1U);
}

// What is packed shares pages of the file, and keeps those while anything of them is left: that
// counts, too, or `max_bytes` would say little of the disk.
TEST_F(Growth, CountsTheGapsThatSettledPagesLeave) {
    const std::string half = noise(10'800);
    std::string alike = half;
    for (int i = 0; i < 5; ++i) alike += half;
    std::vector<PageId> there;
    for (int i = 0; i < 1000; ++i) there.push_back(keep_page(*outbox_, {alike}));
    const std::uint64_t all = outbox_->bytes();
    EXPECT_LT(all, 1000 * alike.size() / 5) << "they are packed";
    for (std::size_t i = 0; i < there.size(); ++i) {
        if (i % 5 > 1) outbox_->settle(there[i], {0});
    }
    flush(*outbox_);
    const std::uint64_t counted = outbox_->bytes();
    EXPECT_GT(counted, all * 2 / 5 * 3 / 2) << "and leave more than their share";
    outbox_.reset();
    {
        sqlite::Database file(directory_.path() + "/outbox.db");
        const std::int64_t in_use =
            file.number("PRAGMA page_count") - file.number("PRAGMA freelist_count");
        EXPECT_GE(counted * 8 / 7 + 2 * mebibyte, static_cast<std::uint64_t>(in_use) * 65536);
    }
    outbox_ = open_or_fail(options());
    EXPECT_EQ(outbox_->bytes(), counted);
    for (const PageId id : there) outbox_->settle(id, {0});
    flush(*outbox_);
    EXPECT_EQ(outbox_->bytes(), 0U);
}

TEST(OutboxContents, AreToldOfEachStream) {
    const TestDirectory directory;
    const Options options{.directory = directory.path(),
                          .max_bytes = 1 << 30,
                          .sync = Sync::os,
                          .sync_interval = std::chrono::milliseconds(1000),
                          .log = {},
                          .vfs = {}};
    const auto none = contents(options);
    ASSERT_FALSE(none);
    EXPECT_THAT(none.error().message, testing::HasSubstr("no outbox in " + directory.path()));
    EXPECT_FALSE(std::filesystem::exists(directory.path() + "/lock"));
    Options of_a_file = options;
    of_a_file.directory = directory.path() + "/file";
    std::ofstream(of_a_file.directory) << "no folder";
    const auto no_folder = contents(of_a_file);
    ASSERT_FALSE(no_folder);
    EXPECT_THAT(no_folder.error().message, testing::HasSubstr("/file: Not a directory"));
    std::int64_t before_the_oldest = 0;
    {
        const auto one = open_or_fail(options, "one");
        const auto other = open_or_fail(options, "other");
        keep_page(*other, {"key a"});
        (void)open_or_fail(options, "third");
        const PageId discarded = keep_page(*one, {"key a"});
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
        before_the_oldest = system_now_ms();
        keep_page(*one, {"key b", "d"});
        std::promise<std::optional<Error>> noted;
        one->discard(TestRecords::fingerprint_of("key a"), discarded,
                     [&](std::optional<Error> error) { noted.set_value(std::move(error)); });
        EXPECT_FALSE(noted.get_future().get());
        one->settle(keep_page(*one, {"a", "b", "c"}), {1});
        keep_page(*one, {noise(100'000)});
        const auto held = contents(options);
        ASSERT_FALSE(held);
        EXPECT_THAT(held.error().message, testing::HasSubstr("in use"));
    }
    // It is not for others to see.
    constexpr uid_t nobody = 65534;
    if (::geteuid() == 0 && ::seteuid(nobody) == 0) {
        const auto hidden = contents(options);
        EXPECT_EQ(::seteuid(0), 0);
        ASSERT_FALSE(hidden);
        EXPECT_THAT(hidden.error().message, testing::HasSubstr("Permission denied"));
    }
    const auto all = contents(options);
    ASSERT_TRUE(all) << all.error().message;
    ASSERT_EQ(all->size(), 3U);
    EXPECT_EQ((*all)[0].name, "one");
    EXPECT_EQ((*all)[0].pages, 3U);
    EXPECT_EQ((*all)[0].records, 5U);
    EXPECT_GT((*all)[0].bytes, 2 * 65536U);
    EXPECT_GE((*all)[0].oldest_ms.value_or(0), before_the_oldest) << "that one is discarded";
    EXPECT_EQ((*all)[1].records, 1U) << "a discarded key is one of a stream";
    EXPECT_EQ((*all)[2].pages, 0U);
    EXPECT_FALSE((*all)[2].oldest_ms);
}

}  // namespace
}  // namespace lk::outbox
