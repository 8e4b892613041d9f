#include <gmock/gmock.h>

#include "local/operations/both_encodings.hpp"

namespace lk::local {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using wire::Document;
using namespace std::chrono_literals;

class ListShards : public BothEncodings {
  protected:
    [[nodiscard]] Document list(const Document& request) const {
        return kinesis.ask("ListShards", request);
    }
    static std::vector<std::string> ids(const Document& answer) {
        std::vector<std::string> ids;
        for (const auto& shard : answer.at("Shards")) {
            ids.push_back(shard.at("ShardId").get<std::string>().substr(18));
        }
        return ids;
    }
    [[nodiscard]] std::vector<std::string> filtered(const Document& filter) const {
        return ids(list({{"StreamName", "s"}, {"ShardFilter", filter}}));
    }
    [[nodiscard]] wire::ErrorAnswer refused(const Document& request) const {
        return kinesis.refusal("ListShards", request);
    }
};

TEST_P(ListShards, GivesAllShards) {
    kinesis.create("s", 3);
    const Document answer = list({{"StreamName", "s"}});
    EXPECT_THAT(ids(answer), ElementsAre("00", "01", "02"));
    EXPECT_FALSE(answer.contains("NextToken"));
    EXPECT_EQ(
        answer.at("Shards"),
        kinesis.ask("DescribeStream", {{"StreamName", "s"}}).at("StreamDescription").at("Shards"));
}

TEST_P(ListShards, GivesAThousandAPageAtMost) {
    kinesis.create("s", 2001);
    Document page = list({{"StreamName", "s"}, {"MaxResults", 10'000}});
    EXPECT_EQ(page.at("Shards").size(), 1000U);
    page = list({{"NextToken", page.at("NextToken")}});
    EXPECT_EQ(page.at("Shards").size(), 1000U);
    EXPECT_EQ(page.at("Shards")[0].at("ShardId"), "shardId-000000001000");
    page = list({{"NextToken", page.at("NextToken")}});
    EXPECT_EQ(page.at("Shards").size(), 1U);
    EXPECT_FALSE(page.contains("NextToken"));
}

TEST_P(ListShards, GivesNoTokenAfterAFullLastPage) {
    kinesis.create("s", 4);
    const Document first = list({{"StreamName", "s"}, {"MaxResults", 2}});
    EXPECT_THAT(ids(first), ElementsAre("00", "01"));
    const Document last = list({{"NextToken", first.at("NextToken")}, {"MaxResults", 2}});
    EXPECT_THAT(ids(last), ElementsAre("02", "03"));
    EXPECT_FALSE(last.contains("NextToken"));
}

TEST_P(ListShards, WantsTheTokenToStandAlone) {
    kinesis.create("s", 2);
    const std::string token = list({{"StreamName", "s"}, {"MaxResults", 1}}).at("NextToken");
    const auto with_name = refused({{"NextToken", token}, {"StreamName", "s"}});
    EXPECT_EQ(with_name.code, "InvalidArgumentException");
    EXPECT_EQ(with_name.message, "NextToken and StreamName cannot be provided together.");
    const std::string arn = "arn:aws:kinesis:us-east-1:000000000000:stream/s";
    EXPECT_EQ(refused({{"NextToken", token}, {"StreamARN", arn}}).code, "InvalidArgumentException");
    EXPECT_EQ(refused({{"NextToken", token}, {"ShardFilter", {{"Type", "AT_LATEST"}}}}).code,
              "InvalidArgumentException");
    EXPECT_EQ(
        refused({{"NextToken", token}, {"ExclusiveStartShardId", "shardId-000000000000"}}).code,
        "InvalidArgumentException");
    EXPECT_EQ(refused(Document::object()).message,
              "Either NextToken or StreamName should be provided.");
}

TEST_P(ListShards, LetsTokensExpireAfter300Seconds) {
    kinesis.create("s", 2);
    const std::string token = list({{"StreamName", "s"}, {"MaxResults", 1}}).at("NextToken");
    kinesis.pass(300s);
    EXPECT_THAT(ids(list({{"NextToken", token}})), ElementsAre("01"));
    kinesis.pass(1ms);
    const auto refusal = refused({{"NextToken", token}});
    EXPECT_EQ(refusal.code, "ExpiredNextTokenException");
    EXPECT_THAT(refusal.message, HasSubstr("Fri Jan 15 08:00:00 UTC 2027"));
}

TEST_P(ListShards, RefusesATokenThatItDidNotWrite) {
    kinesis.create("s", 2);
    const std::string token = list({{"StreamName", "s"}, {"MaxResults", 1}}).at("NextToken");
    const std::string iterator = kinesis.iterator("s", "LATEST");
    for (const std::string& bad : {std::string("AAAA"), token + "A", token.substr(4), iterator,
                                   std::string(1000, 'A'), std::string("ünïcödé")}) {
        EXPECT_EQ(refused({{"NextToken", bad}}).message, "NextToken is invalid.") << bad;
    }
}

TEST_P(ListShards, RefusesATokenOfAnEarlierStreamOfThatName) {
    kinesis.create("s", 2);
    const std::string token = list({{"StreamName", "s"}, {"MaxResults", 1}}).at("NextToken");
    kinesis.ask("DeleteStream", {{"StreamName", "s"}});
    kinesis.create("s", 2);
    EXPECT_EQ(refused({{"NextToken", token}}).code, "ResourceNotFoundException");
}

TEST_P(ListShards, BeginsAfterAShard) {
    kinesis.create("s", 3);
    EXPECT_THAT(ids(list({{"StreamName", "s"}, {"ExclusiveStartShardId", "shardId-000000000000"}})),
                ElementsAre("01", "02"));
}

TEST_P(ListShards, FiltersWhereEveryShardIsOpen) {
    kinesis.create("s", 2);
    for (const char* type : {"AT_LATEST", "AT_TRIM_HORIZON", "FROM_TRIM_HORIZON"}) {
        EXPECT_THAT(filtered({{"Type", type}}), ElementsAre("00", "01")) << type;
    }
    EXPECT_THAT(filtered({{"Type", "AFTER_SHARD_ID"}, {"ShardId", "shardId-000000000000"}}),
                ElementsAre("01"));
    const double created = 1'800'000'000.123;
    EXPECT_THAT(filtered({{"Type", "AT_TIMESTAMP"}, {"Timestamp", created}}),
                ElementsAre("00", "01"));
    EXPECT_THAT(filtered({{"Type", "AT_TIMESTAMP"}, {"Timestamp", created - 1}}), IsEmpty());
    EXPECT_THAT(filtered({{"Type", "FROM_TIMESTAMP"}, {"Timestamp", created - 1}}),
                ElementsAre("00", "01"));
}

TEST_P(ListShards, RefusesAFilterThatLacksWhatItNeeds) {
    kinesis.create("s");
    const auto with = [](const Document& filter) {
        return Document{{"StreamName", "s"}, {"ShardFilter", filter}};
    };
    EXPECT_THAT(refused(with({{"Type", "AFTER_SHARD_ID"}})).message, HasSubstr("needs a ShardId"));
    EXPECT_THAT(refused(with({{"Type", "AT_TIMESTAMP"}})).message, HasSubstr("needs a Timestamp"));
    EXPECT_THAT(refused(with({{"Type", "SOME"}})).message,
                HasSubstr("Value 'SOME' at 'shardFilter.type' failed to satisfy constraint"));
    EXPECT_THAT(refused(with(Document::object())).message,
                HasSubstr("Value null at 'shardFilter.type'"));
}

TEST_P(ListShards, TellsStreamsOfOneNameApartByTheirCreation) {
    kinesis.create("s");
    const auto since = [](double seconds) {
        return Document{{"StreamName", "s"}, {"StreamCreationTimestamp", seconds}};
    };
    EXPECT_THAT(ids(list(since(1'800'000'000))), ElementsAre("00"));
    EXPECT_EQ(refused(since(1'700'000'000)).code, "ResourceNotFoundException");
}

LK_IN_BOTH_ENCODINGS(ListShards);

}  // namespace
}  // namespace lk::local
