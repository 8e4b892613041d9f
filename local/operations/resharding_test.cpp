#include <gmock/gmock.h>

#include "base/test_directory.hpp"
#include "local/operations/both_encodings.hpp"

namespace lk::local {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using wire::Document;
using namespace std::chrono_literals;

constexpr const char* middle = "170141183460469231731687303715884105728";
constexpr const char* quarter = "85070591730234615865843651857942052864";

class Resharding : public BothEncodings {
  protected:
    void split(const std::string& shard, const char* at) const {
        kinesis.ask("SplitShard",
                    {{"StreamName", "s"}, {"ShardToSplit", shard}, {"NewStartingHashKey", at}});
    }
    void merge(const std::string& one, const std::string& other) const {
        kinesis.ask("MergeShards",
                    {{"StreamName", "s"}, {"ShardToMerge", one}, {"AdjacentShardToMerge", other}});
    }
    [[nodiscard]] Document put(const char* hash_key, std::string_view data = "d") const {
        return kinesis.ask("PutRecord", {{"StreamName", "s"},
                                         {"Data", kinesis.data(data)},
                                         {"PartitionKey", "k"},
                                         {"ExplicitHashKey", hash_key}});
    }
    [[nodiscard]] std::vector<std::string> ids(const Document& members) const {
        Document request = {{"StreamName", "s"}};
        request.update(members);
        std::vector<std::string> ids;
        const Document answer = kinesis.ask("ListShards", request);
        for (const auto& shard : answer.at("Shards")) {
            ids.push_back(shard.at("ShardId").get<std::string>().substr(18));
        }
        return ids;
    }
    [[nodiscard]] std::vector<std::string> filtered(const Document& filter) const {
        return ids({{"ShardFilter", filter}});
    }
    [[nodiscard]] Document read(const std::string& shard) const {
        const std::string iterator = kinesis.iterator("s", "TRIM_HORIZON", {{"ShardId", shard}});
        return kinesis.ask("GetRecords", {{"ShardIterator", iterator}});
    }
};

const std::string zero = "shardId-000000000000";
const std::string one = "shardId-000000000001";
const std::string two = "shardId-000000000002";
const std::string three = "shardId-000000000003";

TEST_P(Resharding, ASplitClosesTheShardAndItsChildrenTakeItsRecords) {
    kinesis.create("s");
    const std::string before = put("0").at("SequenceNumber");
    split(zero, middle);
    const Document low = put("0");
    const Document high = put(middle);
    EXPECT_EQ(low.at("ShardId"), one);
    EXPECT_EQ(high.at("ShardId"), two);
    EXPECT_LT(before, low.at("SequenceNumber").get<std::string>());
    EXPECT_LT(before, high.at("SequenceNumber").get<std::string>());
    const Document shards = kinesis.ask("ListShards", {{"StreamName", "s"}}).at("Shards");
    ASSERT_EQ(shards.size(), 3U);
    const std::string end = shards[0].at("SequenceNumberRange").at("EndingSequenceNumber");
    EXPECT_LT(before, end);
    EXPECT_LT(end, low.at("SequenceNumber").get<std::string>());
    EXPECT_EQ(shards[1].at("ParentShardId"), zero);
    EXPECT_FALSE(shards[1].contains("AdjacentParentShardId"));
    EXPECT_EQ(shards[1].at("HashKeyRange").at("EndingHashKey"),
              "170141183460469231731687303715884105727");
    EXPECT_EQ(shards[2].at("HashKeyRange").at("StartingHashKey"), middle);
    EXPECT_FALSE(shards[2].at("SequenceNumberRange").contains("EndingSequenceNumber"));
    EXPECT_EQ(kinesis.ask("DescribeStreamSummary", {{"StreamName", "s"}})
                  .at("StreamDescriptionSummary")
                  .at("OpenShardCount"),
              2);
}

TEST_P(Resharding, AMergeOpensOneShardForTwoInEitherOrder) {
    kinesis.create("s", 4);
    merge(one, zero);
    merge(two, three);
    const Document shards = kinesis.ask("ListShards", {{"StreamName", "s"}}).at("Shards");
    EXPECT_EQ(shards[4].at("ParentShardId"), one);
    EXPECT_EQ(shards[4].at("AdjacentParentShardId"), zero);
    EXPECT_EQ(shards[4].at("HashKeyRange").at("StartingHashKey"), "0");
    EXPECT_EQ(shards[5].at("HashKeyRange").at("EndingHashKey"),
              "340282366920938463463374607431768211455");
    EXPECT_EQ(put("0").at("ShardId"), "shardId-000000000004");
    EXPECT_EQ(put(middle).at("ShardId"), "shardId-000000000005");
}

TEST_P(Resharding, AReaderReachesTheEndOfAClosedShardAndLearnsOfItsChildren) {
    kinesis.create("s");
    static_cast<void>(put("0", "before"));
    const std::string latest = kinesis.iterator("s", "LATEST");
    split(zero, middle);
    static_cast<void>(put("0", "after"));
    const Document page = read(zero);
    ASSERT_EQ(page.at("Records").size(), 1U);
    EXPECT_FALSE(page.contains("NextShardIterator"));
    ASSERT_EQ(page.at("ChildShards").size(), 2U);
    EXPECT_EQ(page.at("ChildShards")[0].at("ShardId"), one);
    EXPECT_EQ(page.at("ChildShards")[0].at("ParentShards"), Document::array({zero}));
    EXPECT_EQ(page.at("ChildShards")[1].at("HashKeyRange").at("StartingHashKey"), middle);
    const Document end = kinesis.ask("GetRecords", {{"ShardIterator", latest}});
    EXPECT_TRUE(end.at("Records").empty());
    EXPECT_FALSE(end.contains("NextShardIterator"));
    const Document child = read(one);
    EXPECT_EQ(kinesis.bytes(child.at("Records")[0].at("Data")), "after");
    EXPECT_TRUE(child.contains("NextShardIterator"));
    EXPECT_FALSE(child.contains("ChildShards"));
}

TEST_P(Resharding, AClosedShardThatHoldsNothingEndsForWhoeverReadsIt) {
    kinesis.create("s");
    split(zero, middle);
    const std::string start = kinesis.ask("ListShards", {{"StreamName", "s"}})
                                  .at("Shards")[0]
                                  .at("SequenceNumberRange")
                                  .at("StartingSequenceNumber");
    for (const std::string& iterator :
         {kinesis.iterator("s", "TRIM_HORIZON"), kinesis.iterator("s", "LATEST"),
          kinesis.iterator("s", "AT_TIMESTAMP", {{"Timestamp", 1}}),
          kinesis.iterator("s", "AT_SEQUENCE_NUMBER", {{"StartingSequenceNumber", start}}),
          kinesis.iterator("s", "AFTER_SEQUENCE_NUMBER", {{"StartingSequenceNumber", start}})}) {
        const Document page = kinesis.ask("GetRecords", {{"ShardIterator", iterator}});
        EXPECT_TRUE(page.at("Records").empty());
        EXPECT_FALSE(page.contains("NextShardIterator"));
        ASSERT_TRUE(page.contains("ChildShards"));
        EXPECT_EQ(page.at("ChildShards").size(), 2U);
    }
}

TEST(ReshardingOfForgottenRecords, EndsTheClosedShardForWhoeverReadsIt) {
    const TestKinesis kinesis({.store = {.discard = true}});
    kinesis.create("s");
    kinesis.put("s", "forgotten");
    const std::string iterator = kinesis.iterator("s", "TRIM_HORIZON");
    kinesis.ask("SplitShard",
                {{"StreamName", "s"}, {"ShardToSplit", zero}, {"NewStartingHashKey", middle}});
    const Document page = kinesis.ask("GetRecords", {{"ShardIterator", iterator}});
    EXPECT_FALSE(page.contains("NextShardIterator"));
    EXPECT_TRUE(page.contains("ChildShards"));
}

TEST_P(Resharding, ANumberThatEndsAClosedShardIsAPlaceToReadFrom) {
    kinesis.create("s");
    split(zero, middle);
    const std::string end = kinesis.ask("ListShards", {{"StreamName", "s"}})
                                .at("Shards")[0]
                                .at("SequenceNumberRange")
                                .at("EndingSequenceNumber");
    for (const char* type : {"AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"}) {
        const std::string iterator = kinesis.iterator("s", type, {{"StartingSequenceNumber", end}});
        const Document page = kinesis.ask("GetRecords", {{"ShardIterator", iterator}});
        EXPECT_TRUE(page.at("Records").empty());
        EXPECT_EQ(page.at("ChildShards").size(), 2U);
    }
}

TEST_P(Resharding, FiltersTellWhenShardsWereOpen) {
    kinesis.create("s", 2);
    const double created = static_cast<double>(kinesis.now_ms()) / 1000;
    kinesis.pass(10s);
    split(zero, quarter);
    kinesis.pass(10s);
    merge(three, one);
    const auto at = [&](const char* type, double seconds) {
        // CBOR has timestamps in milliseconds; serialize() makes them of seconds.
        return filtered({{"Type", type}, {"Timestamp", created + seconds}});
    };
    EXPECT_THAT(ids(Document::object()), ElementsAre("00", "01", "02", "03", "04"));
    EXPECT_THAT(filtered({{"Type", "AT_LATEST"}}), ElementsAre("02", "04"));
    EXPECT_THAT(filtered({{"Type", "AT_TRIM_HORIZON"}}), ElementsAre("00", "01"));
    EXPECT_THAT(filtered({{"Type", "FROM_TRIM_HORIZON"}}),
                ElementsAre("00", "01", "02", "03", "04"));
    EXPECT_THAT(at("AT_TIMESTAMP", 15), ElementsAre("01", "02", "03"));
    EXPECT_THAT(at("FROM_TIMESTAMP", 15), ElementsAre("01", "02", "03", "04"));
    EXPECT_THAT(at("FROM_TIMESTAMP", 25), ElementsAre("02", "04"));
}

TEST_P(Resharding, PagesKeepTheFilter) {
    kinesis.create("s", 4);
    merge(zero, one);
    const Document first = kinesis.ask(
        "ListShards",
        {{"StreamName", "s"}, {"MaxResults", 2}, {"ShardFilter", {{"Type", "AT_LATEST"}}}});
    EXPECT_EQ(first.at("Shards")[0].at("ShardId"), two);
    const Document next = kinesis.ask("ListShards", {{"NextToken", first.at("NextToken")}});
    ASSERT_EQ(next.at("Shards").size(), 1U);
    EXPECT_EQ(next.at("Shards")[0].at("ShardId"), "shardId-000000000004");
}

TEST_P(Resharding, RefusesWhatKinesisRefuses) {
    kinesis.create("s", 3);
    const auto split_refusal = [&](const std::string& shard, const char* at) {
        return kinesis.refusal(
            "SplitShard",
            {{"StreamName", "s"}, {"ShardToSplit", shard}, {"NewStartingHashKey", at}});
    };
    EXPECT_EQ(split_refusal("shardId-000000000009", middle).code, "ResourceNotFoundException");
    for (const char* at : {"0", "1", "113427455640312821154458202477256070484", middle,
                           "999999999999999999999999999999999999999"}) {
        const auto refusal = split_refusal(zero, at);
        EXPECT_EQ(refusal.code, "InvalidArgumentException");
        EXPECT_THAT(refusal.message, HasSubstr("is not both greater than one plus"));
    }
    EXPECT_EQ(split_refusal(zero, "01").code, "ValidationException");
    const auto merge_refusal = [&](const std::string& first, const std::string& second) {
        return kinesis.refusal(
            "MergeShards",
            {{"StreamName", "s"}, {"ShardToMerge", first}, {"AdjacentShardToMerge", second}});
    };
    EXPECT_THAT(merge_refusal(zero, two).message, HasSubstr("not an adjacent pair"));
    EXPECT_THAT(merge_refusal(zero, zero).message, HasSubstr("not an adjacent pair"));
    EXPECT_EQ(merge_refusal(zero, "shardId-000000000003").code, "ResourceNotFoundException");
    split(zero, quarter);
    EXPECT_THAT(split_refusal(zero, quarter).message,
                HasSubstr("Shard shardId-000000000000 in stream s under account 000000000000 has "
                          "already been merged or split"));
    EXPECT_THAT(merge_refusal(zero, one).message, HasSubstr("already been merged or split"));
}

TEST_P(Resharding, CountsClosedShardsToo) {
    kinesis.create("s", 9'999);
    const auto refusal = kinesis.refusal(
        "SplitShard",
        {{"StreamName", "s"}, {"ShardToSplit", zero}, {"NewStartingHashKey", "5000"}});
    EXPECT_EQ(refusal.code, "LimitExceededException");
    EXPECT_THAT(refusal.message, HasSubstr("10001 shards"));
}

LK_IN_BOTH_ENCODINGS(Resharding);

TEST(ReshardedStore, IsTheSameAfterARestart) {
    const TestDirectory directory;
    std::string last;
    std::vector<Document> listed;
    for (int run = 0; run < 2; ++run) {
        const TestKinesis kinesis({.store = {.directory = directory.path()}});
        if (run == 0) {
            kinesis.create("s", 2);
            kinesis.ask(
                "SplitShard",
                {{"StreamName", "s"}, {"ShardToSplit", zero}, {"NewStartingHashKey", quarter}});
            kinesis.ask(
                "MergeShards",
                {{"StreamName", "s"}, {"ShardToMerge", three}, {"AdjacentShardToMerge", one}});
        }
        const std::string number = kinesis.put("s", "data");
        EXPECT_LT(last, number);
        last = number;
        listed.push_back(kinesis.ask("ListShards", {{"StreamName", "s"}}));
    }
    EXPECT_EQ(listed[0], listed[1]);
}

TEST(ReshardedStore, IsMadeOfAFileOfTheFirstVersion) {
    const TestDirectory directory;
    {
        const TestKinesis kinesis({.store = {.directory = directory.path()}});
        kinesis.create("s");
        kinesis.put("s", "kept");
    }
    {
        sqlite::Database file(directory.path() + "/streams.db");
        file.execute("DROP TABLE child");
        file.execute("PRAGMA user_version=1");
    }
    const TestKinesis kinesis({.store = {.directory = directory.path()}});
    EXPECT_THAT(kinesis.read(kinesis.iterator("s", "TRIM_HORIZON")), ElementsAre("kept"));
    kinesis.ask("SplitShard",
                {{"StreamName", "s"}, {"ShardToSplit", zero}, {"NewStartingHashKey", middle}});
}

TEST(ReshardedStore, RefusesAFileWhoseShardsLeaveAGap) {
    const TestDirectory directory;
    {
        const TestKinesis kinesis({.store = {.directory = directory.path()}});
        kinesis.create("s");
    }
    sqlite::Database(directory.path() + "/streams.db")
        .execute("INSERT INTO child VALUES(1, 1, '0', '5', 0, -1, 0)");
    const auto store = Store::open({.directory = directory.path()});
    ASSERT_FALSE(store);
    EXPECT_THAT(store.error().message, HasSubstr("do not share out all hash keys"));
}

TEST(EnforcedLimits, HoldForReadersToo) {
    TestKinesis kinesis({.enforce_limits = true});
    kinesis.create("s");
    const std::string iterator = kinesis.iterator("s", "TRIM_HORIZON");
    for (int count = 0; count < 5; ++count) {
        kinesis.ask("GetRecords", {{"ShardIterator", iterator}});
    }
    const auto refusal = kinesis.refusal("GetRecords", {{"ShardIterator", iterator}});
    EXPECT_EQ(refusal.code, "ProvisionedThroughputExceededException");
    EXPECT_THAT(refusal.message, HasSubstr("Rate exceeded for shard shardId-000000000000"));
    kinesis.pass(1s);
    kinesis.ask("GetRecords", {{"ShardIterator", iterator}});
}

}  // namespace
}  // namespace lk::local
