#include "outbox/outbox.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "outbox/checksum.hpp"
#include "outbox/faulty_disk.hpp"
#include "outbox/little_endian.hpp"
#include "outbox/test_outbox.hpp"
#include "sqlite/database.hpp"

namespace lk::outbox {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

Options options_for(const TestDirectory& directory, Sync sync = Sync::every_commit) {
    return {.directory = directory.path(), .max_bytes = 1 << 30, .sync = sync};
}

TEST(Outbox, GivesAPageBackAsItWasKept) {
    const TestDirectory directory;
    const auto outbox = open_or_fail(options_for(directory));
    const std::vector<std::string> texts{"key of one", "", noise(70'000), "four"};
    const PageId id = keep_page(*outbox, texts);
    const auto page = load_page(*outbox, id);
    ASSERT_TRUE(page) << page.error().message;
    EXPECT_EQ(page->id, id);
    EXPECT_GT(page->kept_at_ms, 1'700'000'000'000);
    ASSERT_THAT(page->records, SizeIs(texts.size()));
    const TestRecords records(texts);
    const PageDraft draft = records.draft();
    for (std::size_t i = 0; i < texts.size(); ++i) {
        EXPECT_EQ(page->records[i].cbor, texts[i]);
        EXPECT_EQ(page->records[i].data_bytes, draft[i].data_bytes);
        EXPECT_EQ(page->records[i].key_bytes, draft[i].key_bytes);
        EXPECT_EQ(page->records[i].hash_key_bytes, draft[i].hash_key_bytes);
        EXPECT_EQ(page->records[i].is_envelope, draft[i].is_envelope);
        EXPECT_EQ(page->records[i].fingerprint, draft[i].fingerprint);
        EXPECT_FALSE(page->settled[i]);
    }
}

TEST(Outbox, NumbersPagesInTheOrderTheyAreKept) {
    const TestDirectory directory;
    const auto outbox = open_or_fail(options_for(directory));
    const Ids first = keep_pages(*outbox, {{"a"}, {"b"}, {"c"}});
    ASSERT_TRUE(first);
    EXPECT_TRUE(std::ranges::is_sorted(*first));
    EXPECT_LT(first->back(), keep_page(*outbox, {"d"}));
}

TEST(Outbox, TakesNoPagesAtAll) {
    const TestDirectory directory;
    const auto outbox = open_or_fail(options_for(directory));
    const Ids none = keep_pages(*outbox, {});
    ASSERT_TRUE(none);
    EXPECT_THAT(*none, IsEmpty());
}

TEST(Outbox, LeavesToTheNextRunWhatIsNotSettled) {
    const TestDirectory directory;
    PageId kept = 0;
    {
        const auto outbox = open_or_fail(options_for(directory));
        kept = keep_page(*outbox, {"key 1", "key 22", "key 333"});
        const PageId done = keep_page(*outbox, {"x", "y"});
        EXPECT_THAT(left_in(*outbox), IsEmpty());
        outbox->settle(kept, {1});
        outbox->settle(done, {0});
        outbox->settle(done, {1});
    }
    const auto outbox = open_or_fail(options_for(directory));
    const auto left = left_in(*outbox);
    ASSERT_THAT(left, SizeIs(1));
    EXPECT_EQ(left[0].id, kept);
    EXPECT_THAT(left[0].fingerprints, ElementsAre(TestRecords::fingerprint_of("key 1"),
                                                  TestRecords::fingerprint_of("key 333")));
    EXPECT_THAT(unsettled_in(*outbox, kept), ElementsAre("key 1", "key 333"));
    EXPECT_LT(kept, keep_page(*outbox, {"newer"}));
}

TEST(Outbox, KeepsItsSeedAndNeverGivesAnIdTwice) {
    const TestDirectory directory;
    std::uint64_t seed = 0;
    PageId id = 0;
    {
        const auto outbox = open_or_fail(options_for(directory));
        seed = outbox->fingerprint_seed();
        id = keep_page(*outbox, {"x"});
        outbox->settle(id, {0});
    }
    const auto outbox = open_or_fail(options_for(directory));
    EXPECT_EQ(outbox->fingerprint_seed(), seed);
    EXPECT_LT(id, keep_page(*outbox, {"x"}));
}

TEST(Outbox, CountsWhatUnsettledPagesTake) {
    const TestDirectory directory;
    std::vector<std::string> full;
    for (std::uint64_t i = 0; i < 110; ++i) full.push_back(noise(570, i));
    {
        const auto outbox = open_or_fail(options_for(directory));
        EXPECT_EQ(outbox->bytes(), 0U);
        EXPECT_EQ(outbox->max_bytes(), 1U << 30);
        const PageId id = keep_page(*outbox, full);
        EXPECT_EQ(outbox->bytes(), 65536U);
        keep_page(*outbox, full);
        EXPECT_EQ(outbox->bytes(), 2 * 65536U);
        std::vector<std::uint32_t> all(full.size());
        for (std::uint32_t i = 0; i < all.size(); ++i) all[i] = i;
        outbox->settle(id, all);
        flush(*outbox);
        EXPECT_EQ(outbox->bytes(), 65536U);
    }
    EXPECT_EQ(open_or_fail(options_for(directory))->bytes(), 65536U);
}

TEST(Outbox, SettlesOnlyOnceAndOnlyWhatIsThere) {
    const TestDirectory directory;
    const auto outbox = open_or_fail(options_for(directory));
    const PageId id = keep_page(*outbox, {"a", "b"});
    outbox->settle(id, {0, 0, 7});
    outbox->settle(id, {0});
    outbox->settle(id + 100, {0});
    flush(*outbox);
    EXPECT_THAT(unsettled_in(*outbox, id), ElementsAre("b"));
    outbox->settle(id, {1});
    flush(*outbox);
    EXPECT_FALSE(load_page(*outbox, id));
    EXPECT_EQ(outbox->bytes(), 0U);
}

TEST(Outbox, WritesWhatIsSettledByItself) {
    const TestDirectory directory;
    const auto outbox = open_or_fail(options_for(directory));
    const PageId id = keep_page(*outbox, {"a"});
    outbox->settle(id, {0});
    // Within 100 ms, says the contract; within the test's time, says a busy machine.
    while (outbox->bytes() != 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

TEST(Outbox, HoldsStreamsApart) {
    const TestDirectory directory;
    {
        const auto one = open_or_fail(options_for(directory), "one");
        const auto other = open_or_fail(options_for(directory), "other");
        EXPECT_NE(one->fingerprint_seed(), other->fingerprint_seed());
        const PageId first = keep_page(*one, {"of one"});
        const PageId second = keep_page(*other, {"of the other"});
        EXPECT_NE(first, second);
        EXPECT_EQ(one->bytes(), other->bytes());
        EXPECT_FALSE(load_page(*other, first));
    }
    const auto other = open_or_fail(options_for(directory), "other");
    const auto left = left_in(*other);
    ASSERT_THAT(left, SizeIs(1));
    EXPECT_THAT(unsettled_in(*other, left[0].id), ElementsAre("of the other"));
    EXPECT_THAT(left_in(*open_or_fail(options_for(directory), "one")), SizeIs(1));
}

TEST(Outbox, GivesWhatWasLeftToOneOfTwoWhoOpenTheSameStream) {
    const TestDirectory directory;
    keep_page(*open_or_fail(options_for(directory)), {"left"});
    const auto one = open_or_fail(options_for(directory));
    const auto other = open_or_fail(options_for(directory));
    EXPECT_THAT(left_in(*one), SizeIs(1));
    EXPECT_THAT(left_in(*other), IsEmpty());
}

TEST(Outbox, WritesTogetherWhatIsHandedInWhileTheDiskIsBusy) {
    const TestDirectory directory;
    const auto outbox = open_or_fail(options_for(directory));
    std::promise<void> go_on;
    std::promise<void> held;
    const TestRecords records({"x"});
    // Its thread is busy with this until it is told.
    outbox->keep({records.draft()}, [&](const Ids&) {
        held.set_value();
        go_on.get_future().wait();
    });
    held.get_future().wait();
    std::vector<PageId> ids;
    for (int i = 0; i < 50; ++i) {
        outbox->keep({records.draft()}, [&](const Ids& kept) { ids.push_back(kept->front()); });
    }
    go_on.set_value();
    flush(*outbox);
    EXPECT_THAT(ids, SizeIs(50));
    EXPECT_TRUE(std::ranges::is_sorted(ids));
}

TEST(Outbox, TakesPagesFromManyThreads) {
    const TestDirectory directory;
    constexpr int threads = 4;
    constexpr int pages = 200;
    {
        const auto outbox = open_or_fail(options_for(directory, Sync::os));
        std::vector<std::thread> all;
        for (int t = 0; t < threads; ++t) {
            all.emplace_back([&, t] {
                for (int i = 0; i < pages; ++i) {
                    const PageId id = keep_page(*outbox, {std::to_string(t), std::to_string(i)});
                    outbox->settle(id, i % 2 == 0 ? std::vector<std::uint32_t>{0, 1}
                                                  : std::vector<std::uint32_t>{0});
                }
            });
        }
        for (std::thread& thread : all) thread.join();
    }
    const auto outbox = open_or_fail(options_for(directory, Sync::os));
    EXPECT_THAT(left_in(*outbox), SizeIs(threads * pages / 2));
}

TEST(Outbox, EndsWithItsLastUserThoughThatIsItsOwnThread) {
    const TestDirectory directory;
    auto outbox = open_or_fail(options_for(directory));
    std::promise<void> gone;
    const TestRecords records({"x"});
    std::promise<void> go_on;
    auto* const raw = outbox.get();
    raw->keep({records.draft()}, [&, held = outbox](const Ids&) mutable {
        go_on.get_future().wait();
        held.reset();
        gone.set_value();
    });
    outbox.reset();
    go_on.set_value();
    gone.get_future().wait();
    // Waits until the directory is free.
    EXPECT_THAT(left_in(*open_or_fail(options_for(directory))), SizeIs(1));
}

std::optional<Error> discard(StreamOutbox& outbox, std::uint64_t fingerprint, PageId last) {
    std::promise<std::optional<Error>> done;
    outbox.discard(fingerprint, last, [&](auto error) { done.set_value(std::move(error)); });
    return done.get_future().get();
}

TEST(Outbox, TellsTheNextRunWhatWasDiscardedUntilThatIsGone) {
    const TestDirectory directory;
    PageId first = 0;
    {
        const auto outbox = open_or_fail(options_for(directory));
        first = keep_page(*outbox, {"key", "x"});
        EXPECT_EQ(outbox->last_page(), first);
        EXPECT_FALSE(discard(*outbox, 5, first));
        keep_page(*outbox, {"later"});
        const auto other = open_or_fail(options_for(directory), "other");
        EXPECT_TRUE(other->discarded()->empty()) << "it is of one stream";
    }
    const auto outbox = open_or_fail(options_for(directory));
    EXPECT_EQ(*outbox->discarded(), (DiscardedKeys{{5, first}}));
    outbox->settle(first, {0});
    flush(*outbox);
    EXPECT_FALSE(discard(*outbox, 6, outbox->last_page()));
    EXPECT_EQ(outbox->discarded()->size(), 2U) << "something is left of the page";
    outbox->settle(first, {1});
    flush(*outbox);
    EXPECT_FALSE(discard(*outbox, 7, outbox->last_page()));
    EXPECT_EQ(*outbox->discarded(), (DiscardedKeys{{6, first + 1}, {7, first + 1}}));
}

TEST(Outbox, DiscardsNothingWhereTwoHaveTheStream) {
    const TestDirectory directory;
    const auto one = open_or_fail(options_for(directory));
    const auto two = open_or_fail(options_for(directory));
    const auto refused = discard(*one, 5, keep_page(*two, {"key"}));
    ASSERT_TRUE(refused);
    EXPECT_THAT(refused->message, HasSubstr("another dispatch function"));
    EXPECT_TRUE(one->discarded()->empty());
}

TEST(Outbox, RefusesOtherOptionsForADirectoryThatIsOpen) {
    const TestDirectory directory;
    const auto outbox = open_or_fail(options_for(directory));
    const auto other = open(options_for(directory, Sync::os), "events");
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().code, ErrorCode::bad_option);
    EXPECT_THAT(other.error().message, HasSubstr(directory.path()));
}

TEST(Outbox, NeedsADirectoryAndAnInterval) {
    EXPECT_FALSE(open(Options(), "events"));
    const TestDirectory directory;
    auto options = options_for(directory, Sync::interval);
    options.sync_interval = std::chrono::milliseconds(0);
    EXPECT_FALSE(open(options, "events"));
}

TEST(OutboxFile, IsForItsOwnerAlone) {
    const TestDirectory directory;
    const fs::path folder = fs::path(directory.path()) / "open to all";
    fs::create_directory(folder);
    fs::permissions(folder, fs::perms(0755));
    const mode_t usual = ::umask(0);
    {
        const auto outbox = open_or_fail(
            {.directory = folder.string(), .max_bytes = 1 << 30, .sync = Sync::every_commit});
        keep_page(*outbox, {"a secret"});
        for (const fs::directory_entry& file : fs::directory_iterator(folder)) {
            EXPECT_EQ(file.status().permissions(), fs::perms(0600)) << file.path();
        }
    }
    ::umask(usual);
}

TEST(OutboxFile, IsForItsOwnerAloneWhereverALinkLeadsTo) {
    const TestDirectory directory;
    const fs::path elsewhere = fs::path(directory.path()) / "elsewhere.db";
    fs::create_symlink(elsewhere, fs::path(directory.path()) / "outbox.db");
    keep_page(*open_or_fail(options_for(directory)), {"a secret"});
    EXPECT_EQ(fs::status(elsewhere).permissions(), fs::perms(0600));
}

TEST(OutboxFile, ThatCannotBeOpenedIsNamedWithTheReason) {
    const TestDirectory directory;
    fs::create_directory(fs::path(directory.path()) / "outbox.db");
    const auto opened = open(options_for(directory), "events");
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::outbox);
    EXPECT_THAT(opened.error().message,
                HasSubstr("cannot open " + directory.path() + "/outbox.db: Is a directory"));
}

TEST(OutboxFile, OfANewerVersionIsRefused) {
    const TestDirectory directory;
    keep_page(*open_or_fail(options_for(directory)), {"x"});
    sqlite::Database(directory.path() + "/outbox.db").execute("PRAGMA user_version=4");
    const auto opened = open(options_for(directory), "events");
    ASSERT_FALSE(opened);
    EXPECT_THAT(opened.error().message, HasSubstr("newer version"));
    EXPECT_THAT(opened.error().message, Not(HasSubstr("disk"))) << "that is not what is wrong";
    sqlite::Database(directory.path() + "/outbox.db").execute("PRAGMA user_version=3");
    EXPECT_THAT(left_in(*open_or_fail(options_for(directory))), SizeIs(1));
}

TEST(OutboxFile, OfVersion1IsTakenOn) {
    const TestDirectory directory;
    const PageId id = keep_page(*open_or_fail(options_for(directory)), {"x"});
    {
        sqlite::Database older(directory.path() + "/outbox.db");
        older.execute("DROP TABLE discarded");
        older.execute("PRAGMA user_version=1");
    }
    {
        const auto outbox = open_or_fail(options_for(directory));
        EXPECT_THAT(left_in(*outbox), SizeIs(1));
        EXPECT_FALSE(discard(*outbox, 5, id));
    }
    EXPECT_THAT(*open_or_fail(options_for(directory))->discarded(), SizeIs(1));
    for (const auto& entry : fs::directory_iterator(directory.path())) {
        EXPECT_FALSE(entry.is_directory()) << "nothing was taken for damaged";
    }
}

/// The same page as version 2 wrote it, which packed none.
void make_version_2(const Options& options, PageId id, const std::string& record) {
    std::string body;
    append_number(body, std::uint64_t{0});
    append_number(body, std::uint32_t{0x424f4b4c});
    append_number(body, std::uint16_t{1});
    append_number(body, std::uint16_t{6});
    append_number(body, id);
    append_number(body, std::int64_t{1'700'000'000'000});
    append_number(body, std::uint64_t{7});
    append_number(body, std::uint32_t{1});
    body += "events";
    append_number(body, static_cast<std::uint32_t>(record.size()));
    body += std::string(16, '\0') + record;
    set_number(body, 0, checksum(std::string_view(body).substr(8)));
    sqlite::Database older(options.directory + "/outbox.db", options.vfs);
    older.execute("PRAGMA locking_mode=EXCLUSIVE");
    sqlite::Statement(older, "UPDATE page SET body = ?1").bind_blob(1, body).run();
    older.execute("PRAGMA user_version=2");
}

TEST(OutboxFile, OfVersion2IsTakenOn) {
    const TestDirectory directory;
    const Options options = options_for(directory);
    const PageId id = keep_page(*open_or_fail(options), {"alike alike alike alike"});
    make_version_2(options, id, "alike alike alike alike");
    {
        const auto outbox = open_or_fail(options);
        EXPECT_THAT(unsettled_in(*outbox, id), ElementsAre("alike alike alike alike"));
        keep_page(*outbox, {"new"});
    }
    EXPECT_THAT(left_by_page(*open_or_fail(options)), SizeIs(2));
    sqlite::Database now(directory.path() + "/outbox.db");
    EXPECT_EQ(now.number("PRAGMA user_version"), 3);
}

// It can be sent, which needs nothing that is not there.
TEST(OutboxFile, OfVersion2IsReadOnAFullDiskAsItIs) {
    const TestDirectory directory;
    FaultyDisk disk;
    Options options = options_for(directory);
    options.vfs = disk.name();
    const PageId id = keep_page(*open_or_fail(options), {"alike alike alike alike"});
    make_version_2(options, id, "alike alike alike alike");
    disk.fail(FaultyDisk::Fault::full, 1, 1'000'000);
    const auto outbox = open_or_fail(options);
    ASSERT_NE(outbox, nullptr);
    EXPECT_THAT(left_in(*outbox), SizeIs(1));
    EXPECT_THAT(unsettled_in(*outbox, id), ElementsAre("alike alike alike alike"));
    EXPECT_FALSE(keep_pages(*outbox, {{"refused"}}));
    disk.work();
    EXPECT_TRUE(keep_pages(*outbox, {{"stored"}}));
    EXPECT_THAT(unsettled_in(*outbox, id), ElementsAre("alike alike alike alike"));
}

TEST(OutboxFile, OfAnotherProgramIsRefused) {
    const TestDirectory directory;
    sqlite::Database(directory.path() + "/outbox.db").execute("CREATE TABLE theirs(x)");
    const auto opened = open(options_for(directory), "events");
    ASSERT_FALSE(opened);
    EXPECT_THAT(opened.error().message, HasSubstr("not an outbox"));

    // Neither when it is damaged, too.
    std::string bytes = directory.read("outbox.db");
    bytes.at(18) = '\x03';
    directory.write("outbox.db", bytes);
    EXPECT_FALSE(open(options_for(directory), "events"));
    EXPECT_EQ(directory.read("outbox.db"), bytes);
}

}  // namespace
}  // namespace lk::outbox
