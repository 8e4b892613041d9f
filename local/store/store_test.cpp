#include "local/store/store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <thread>

#include "base/test_directory.hpp"

namespace lk::local {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::int64_t now = 1'800'000'000'000;

std::unique_ptr<Store> open(const StoreOptions& options = {}) {
    auto store = Store::open(options);
    if (!store) throw std::runtime_error(store.error().message);
    return std::move(store).value();
}

std::string refusal(const StoreOptions& options) {
    auto store = Store::open(options);
    return store ? "it was opened" : store.error().message;
}

std::shared_ptr<Stream> create(Store& store, const std::string& name, int shards = 1) {
    return store.create({.name = name, .shards = shards}, now).value();
}

std::vector<NewRecord> records(Shard& shard, std::initializer_list<std::string_view> data) {
    std::vector<NewRecord> made;
    for (const std::string_view one : data) {
        made.push_back({.shard = &shard, .partition_key = "key", .data = one});
    }
    return made;
}

std::int64_t put(Store& store, Stream& stream, std::string_view data, std::int64_t at = now) {
    auto made = records(*stream.shards()[0], {data});
    EXPECT_FALSE(store.append(stream, made, at));
    return made[0].position;
}

std::vector<std::string> read(Store& store, const Stream& stream, std::int64_t from = 0,
                              std::size_t max_records = SIZE_MAX, std::size_t max_bytes = SIZE_MAX,
                              std::size_t shard = 0) {
    std::vector<std::string> data;
    const auto kept = store.read(stream, *stream.shards()[shard], from, max_records, max_bytes);
    for (const KeptRecord& record : kept.value()) data.push_back(record.data);
    return data;
}

TEST(Store, GivesBackWhatItTook) {
    const auto store = open();
    const auto stream = create(*store, "s");
    const std::string binary("\0\xff\n", 3);
    std::vector<NewRecord> taken = {
        {.shard = stream->shards()[0].get(), .partition_key = "ключ", .data = binary},
        {.shard = stream->shards()[0].get(), .partition_key = "k", .data = ""}};
    ASSERT_FALSE(store->append(*stream, taken, now));
    const auto kept = store->read(*stream, *stream->shards()[0], 0, 10, 1000).value();
    ASSERT_EQ(kept.size(), 2U);
    EXPECT_EQ(kept[0].partition_key, "ключ");
    EXPECT_EQ(kept[0].data, binary);
    EXPECT_EQ(kept[0].position, 1);
    EXPECT_EQ(kept[0].arrival_ms, now);
    EXPECT_EQ(kept[1].data, "");
    EXPECT_EQ(kept[1].position, 2);
}

TEST(Store, KeepsTheOrderWithinEachShardOfARequest) {
    const auto store = open();
    const auto stream = create(*store, "s", 2);
    Shard& first = *stream->shards()[0];
    Shard& second = *stream->shards()[1];
    std::vector<NewRecord> mixed = {{.shard = &second, .partition_key = "k", .data = "a"},
                                    {.shard = &first, .partition_key = "k", .data = "b"},
                                    {.shard = &second, .partition_key = "k", .data = "c"},
                                    {.shard = &first, .partition_key = "k", .data = "d"}};
    ASSERT_FALSE(store->append(*stream, mixed, now));
    EXPECT_EQ(mixed[0].position, 1);
    EXPECT_EQ(mixed[1].position, 1);
    EXPECT_EQ(mixed[2].position, 2);
    EXPECT_EQ(mixed[3].position, 2);
    EXPECT_THAT(read(*store, *stream, 0, 10, 100, 0), ElementsAre("b", "d"));
    EXPECT_THAT(read(*store, *stream, 0, 10, 100, 1), ElementsAre("a", "c"));
}

TEST(Store, ReadsFromAnyPositionOfARequest) {
    const auto store = open();
    const auto stream = create(*store, "s");
    auto first = records(*stream->shards()[0], {"1", "2", "3"});
    auto second = records(*stream->shards()[0], {"4", "5"});
    ASSERT_FALSE(store->append(*stream, first, now));
    ASSERT_FALSE(store->append(*stream, second, now));
    EXPECT_THAT(read(*store, *stream, 1), ElementsAre("1", "2", "3", "4", "5"));
    EXPECT_THAT(read(*store, *stream, 2), ElementsAre("2", "3", "4", "5"));
    EXPECT_THAT(read(*store, *stream, 4), ElementsAre("4", "5"));
    EXPECT_THAT(read(*store, *stream, 5), ElementsAre("5"));
    EXPECT_THAT(read(*store, *stream, 6), IsEmpty());
}

TEST(Store, StopsAtEitherBoundButNeverBeforeTheFirstRecord) {
    const auto store = open();
    const auto stream = create(*store, "s");
    auto made = records(*stream->shards()[0], {"1111111", "2222222", "3333333"});
    ASSERT_FALSE(store->append(*stream, made, now));
    EXPECT_THAT(read(*store, *stream, 0, 2), ElementsAre("1111111", "2222222"));
    // Each has seven bytes of data and a key of three.
    EXPECT_THAT(read(*store, *stream, 0, 10, 20), ElementsAre("1111111", "2222222"));
    EXPECT_THAT(read(*store, *stream, 0, 10, 19), ElementsAre("1111111"));
    EXPECT_THAT(read(*store, *stream, 0, 10, 1), ElementsAre("1111111"));
}

TEST(Store, FindsThePositionByTime) {
    const auto store = open();
    const auto stream = create(*store, "s");
    const Shard& shard = *stream->shards()[0];
    EXPECT_EQ(store->position_at(*stream, shard, now).value(), 1);
    for (const std::int64_t at : {now + 10, now + 10, now + 20, now + 30}) {
        auto made = records(*stream->shards()[0], {"a", "b", "c"});
        ASSERT_FALSE(store->append(*stream, made, at));
    }
    EXPECT_EQ(store->position_at(*stream, shard, now).value(), 1);
    EXPECT_EQ(store->position_at(*stream, shard, now + 10).value(), 1);
    EXPECT_EQ(store->position_at(*stream, shard, now + 11).value(), 7);
    EXPECT_EQ(store->position_at(*stream, shard, now + 20).value(), 7);
    EXPECT_EQ(store->position_at(*stream, shard, now + 30).value(), 10);
    EXPECT_EQ(store->position_at(*stream, shard, now + 31).value(), 13);
}

TEST(Store, NeverLetsArrivalTimesFall) {
    const auto store = open();
    const auto stream = create(*store, "s");
    put(*store, *stream, "a", now + 50);
    put(*store, *stream, "b", now);
    const auto kept = store->read(*stream, *stream->shards()[0], 0, 10, 1000).value();
    EXPECT_EQ(kept[1].arrival_ms, now + 50);
}

TEST(Store, KeepsEverythingAcrossARestart) {
    const TestDirectory directory;
    {
        const auto store = open({.directory = directory.path()});
        const auto stream =
            store
                ->create(
                    {.name = "s", .shards = 3, .on_demand = true, .max_record_bytes = 2048 * 1024},
                    now)
                .value();
        put(*store, *stream, "a", now + 5);
        put(*store, *stream, "b", now + 5);
    }
    const auto store = open({.directory = directory.path()});
    const auto stream = store->find("s");
    ASSERT_NE(stream, nullptr);
    EXPECT_EQ(stream->facts().shards, 3);
    EXPECT_TRUE(stream->facts().on_demand);
    EXPECT_EQ(stream->facts().max_record_bytes, 2048U * 1024);
    EXPECT_EQ(stream->facts().created_ms, now);
    EXPECT_THAT(read(*store, *stream), ElementsAre("a", "b"));
    // Positions and times go on where they were.
    EXPECT_EQ(put(*store, *stream, "c", now), 3);
    EXPECT_EQ(store->position_at(*stream, *stream->shards()[0], now + 6).value(), 4);
}

TEST(Store, RemovesAStreamWithItsRecords) {
    const TestDirectory directory;
    {
        const auto store = open({.directory = directory.path()});
        const auto removed = create(*store, "s");
        const auto other = create(*store, "other");
        put(*store, *removed, "a");
        put(*store, *other, "b");
        ASSERT_FALSE(store->remove("s"));
        EXPECT_EQ(store->find("s"), nullptr);
        EXPECT_EQ(store->remove("s")->problem, StoreProblem::no_such_stream);
        EXPECT_THAT(read(*store, *other), ElementsAre("b"));
    }
    const auto store = open({.directory = directory.path()});
    EXPECT_EQ(store->find("s"), nullptr);
    const auto anew = create(*store, "s");
    EXPECT_THAT(read(*store, *anew), IsEmpty());
}

TEST(Store, RefusesToWriteToARemovedStream) {
    const auto store = open();
    const auto stream = create(*store, "s");
    ASSERT_FALSE(store->remove("s"));
    const auto anew = create(*store, "s");
    auto made = records(*stream->shards()[0], {"late"});
    EXPECT_EQ(store->append(*stream, made, now)->problem, StoreProblem::no_such_stream);
    EXPECT_THAT(read(*store, *anew), IsEmpty());
    EXPECT_THAT(read(*store, *stream), IsEmpty());
}

TEST(Store, GivesAStreamMadeAnewHigherSequenceNumbers) {
    const auto store = open();
    const std::string before = create(*store, "s")->shards()[0]->sequence_number(1'000'000);
    ASSERT_FALSE(store->remove("s"));
    EXPECT_LT(before, create(*store, "s")->shards()[0]->sequence_number(0));
}

TEST(Store, RefusesAStreamThatExists) {
    const auto store = open();
    create(*store, "s");
    EXPECT_EQ(store->create({.name = "s"}, now).error().problem, StoreProblem::stream_exists);
}

TEST(Store, HasTenThousandShardsAtMost) {
    const auto store = open();
    create(*store, "large", 9'999);
    EXPECT_EQ(store->create({.name = "s", .shards = 2}, now).error().problem,
              StoreProblem::too_many_shards);
    EXPECT_TRUE(store->create({.name = "s", .shards = 1}, now));
}

TEST(Store, GivesRisingPositionsToManyWriters) {
    const auto store = open();
    const auto stream = create(*store, "s");
    constexpr int writers = 4;
    constexpr int rounds = 200;
    std::vector<std::vector<std::int64_t>> positions(writers);
    std::vector<std::thread> threads;
    for (auto& own : positions) {
        threads.emplace_back([&] {
            for (int round = 0; round < rounds; ++round) {
                auto made = records(*stream->shards()[0], {"a", "b"});
                if (store->append(*stream, made, now)) return;
                own.push_back(made[0].position);
                own.push_back(made[1].position);
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    std::vector<std::int64_t> all;
    for (const auto& own : positions) {
        EXPECT_TRUE(std::ranges::is_sorted(own));
        all.insert(all.end(), own.begin(), own.end());
    }
    std::ranges::sort(all);
    ASSERT_EQ(all.size(), std::size_t{writers * rounds * 2});
    for (std::size_t index = 0; index < all.size(); ++index) {
        ASSERT_EQ(all[index], static_cast<std::int64_t>(index) + 1);
    }
}

TEST(DiscardingStore, GivesPositionsAndForgets) {
    const auto store = open({.discard = true});
    const auto stream = create(*store, "s");
    EXPECT_EQ(put(*store, *stream, "a"), 1);
    EXPECT_EQ(put(*store, *stream, "b"), 2);
    EXPECT_THAT(read(*store, *stream), IsEmpty());
}

TEST(DiscardingStore, GoesOnAboveEarlierRuns) {
    const TestDirectory directory;
    std::int64_t before = 0;
    {
        const auto store = open({.directory = directory.path()});
        before = put(*store, *create(*store, "s"), "a");
    }
    for (int run = 0; run < 3; ++run) {
        const auto store = open({.directory = directory.path(), .discard = true});
        const auto stream = store->find("s");
        EXPECT_THAT(read(*store, *stream), ElementsAre("a"));
        const std::int64_t position = put(*store, *stream, "forgotten");
        EXPECT_GT(position, before);
        before = position;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
}

TEST(StoreFile, OfANewerSchemaIsRefused) {
    const TestDirectory directory;
    { open({.directory = directory.path()}); }
    sqlite::Database(directory.path() + "/streams.db").execute("PRAGMA user_version=3");
    EXPECT_THAT(refusal({.directory = directory.path()}), HasSubstr("newer version"));
    // It was let alone: with its own number it opens again.
    sqlite::Database(directory.path() + "/streams.db").execute("PRAGMA user_version=2");
    EXPECT_TRUE(Store::open({.directory = directory.path()}));
}

TEST(StoreFile, OfAnotherProgramIsRefused) {
    const TestDirectory directory;
    sqlite::Database(directory.path() + "/streams.db").execute("CREATE TABLE theirs(x)");
    EXPECT_THAT(refusal({.directory = directory.path()}), HasSubstr("not a file of lk-dispatch"));
    // And let alone: we would have made it a WAL file, which is format 2.
    EXPECT_EQ(directory.read("streams.db").at(18), '\1');
}

TEST(StoreFile, ThatIsNoDatabaseIsRefused) {
    const TestDirectory directory;
    directory.write("streams.db", std::string(10'000, 'x'));
    EXPECT_THAT(refusal({.directory = directory.path()}),
                AllOf(HasSubstr("directory " + directory.path() + ": " + directory.path() +
                                "/streams.db: "),
                      HasSubstr("not a database"), HasSubstr("use another directory")));
}

TEST(StoreFile, IsItsOwnersAlone) {
    const TestDirectory directory;
    const mode_t usual = ::umask(0);
    const auto store = open({.directory = directory.path()});
    (void)put(*store, *create(*store, "s"), "a");
    ::umask(usual);
    namespace fs = std::filesystem;
    for (const char* const name : {"/streams.db", "/streams.db-wal"}) {
        EXPECT_EQ(fs::status(directory.path() + name).permissions(), fs::perms(0600)) << name;
    }
}

TEST(StoreFile, InAPlaceThatCannotBeMadeIsRefused) {
    const TestDirectory directory;
    directory.write("file", "");
    EXPECT_THAT(refusal({.directory = directory.path() + "/file/data"}),
                HasSubstr("cannot create the data directory"));
}

}  // namespace
}  // namespace lk::local
