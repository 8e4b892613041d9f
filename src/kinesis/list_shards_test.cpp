#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kinesis/test_client.hpp"

namespace lk::kinesis {
namespace {

using http::ScriptedConnection;
using http::ScriptedServer;
using testing::HasSubstr;
using wire::Document;

Document shard(const std::string& id) {
    return {{"ShardId", id},
            {"HashKeyRange", {{"StartingHashKey", "0"}, {"EndingHashKey", "9"}}},
            {"SequenceNumberRange", {{"StartingSequenceNumber", "1"}}}};
}

// Runs a script of answers, in order, and keeps the messages it got.
class ShardService {
  public:
    using Answer = std::function<void(ScriptedConnection&)>;

    explicit ShardService(std::vector<Answer> answers)
        : answers_(std::move(answers)), server_([this](ScriptedConnection& connection) {
              while (const auto request = connection.read_request()) {
                  EXPECT_EQ(operation_of(*request), "ListShards");
                  EXPECT_EQ(problem_of_signature(*request), "");
                  messages.push_back(message_of(*request));
                  if (messages.size() > answers_.size()) return;
                  answers_[messages.size() - 1](connection);
              }
          }) {}

    static Answer page(const std::vector<std::string>& ids, const std::string& next_token = {}) {
        return [=](ScriptedConnection& connection) {
            Document answer = {{"Shards", Document::array()}};
            for (const std::string& id : ids) answer["Shards"].push_back(shard(id));
            if (!next_token.empty()) answer["NextToken"] = next_token;
            answer_with(connection, wire::Encoding::cbor, 200, answer);
        };
    }

    static Answer error(const std::string& code) {
        return [=](ScriptedConnection& connection) {
            answer_with_error(connection, 400, code, "the text");
        };
    }

    Expected<std::vector<Shard>, Failure> list(WhichShards which = WhichShards::open) {
        return wait_for<std::vector<Shard>>(
            [&](ListShardsDone done) { client_->list_shards("events", which, std::move(done)); });
    }

    // Written by the one connection's thread, read after its answers came.
    std::vector<Document> messages;

  private:
    std::vector<Answer> answers_;
    ScriptedServer server_;
    std::shared_ptr<AwsKinesis> client_ = client_of(server_.url());
};

std::vector<std::string> ids_of(const std::vector<Shard>& shards) {
    std::vector<std::string> ids;
    for (const Shard& one : shards) ids.push_back(one.shard_id);
    return ids;
}

TEST(ListShards, CollectsAllPagesAndSendsATokenWithNothingElse) {
    ShardService service({ShardService::page({"shardId-0", "shardId-1"}, "token 1"),
                          ShardService::page({"shardId-2"}, "token 2"),
                          ShardService::page({"shardId-3"})});
    const auto shards = service.list();
    ASSERT_TRUE(shards.has_value()) << shards.error().message;
    EXPECT_THAT(ids_of(*shards),
                testing::ElementsAre("shardId-0", "shardId-1", "shardId-2", "shardId-3"));
    ASSERT_EQ(service.messages.size(), 3U);
    EXPECT_EQ(service.messages[0]["StreamName"], "events");
    EXPECT_EQ(service.messages[0]["ShardFilter"]["Type"], "AT_LATEST");
    EXPECT_EQ(service.messages[1], Document({{"NextToken", "token 1"}}));
    EXPECT_EQ(service.messages[2], Document({{"NextToken", "token 2"}}));
}

TEST(ListShards, GivesClosedShardsOnDemand) {
    ShardService service({ShardService::page({"shardId-0"})});
    ASSERT_TRUE(service.list(WhichShards::all).has_value());
    EXPECT_EQ(service.messages[0], Document({{"StreamName", "events"}}));
}

TEST(ListShards, BeginsAgainOnceWhenATokenExpires) {
    ShardService service({ShardService::page({"shardId-0"}, "old token"),
                          ShardService::error("ExpiredNextTokenException"),
                          ShardService::page({"shardId-0"}, "new token"),
                          ShardService::page({"shardId-1"})});
    const auto shards = service.list();
    ASSERT_TRUE(shards.has_value()) << shards.error().message;
    EXPECT_THAT(ids_of(*shards), testing::ElementsAre("shardId-0", "shardId-1"));
    EXPECT_EQ(service.messages[2]["StreamName"], "events");
}

TEST(ListShards, GivesUpWhenATokenExpiresAgain) {
    ShardService service({ShardService::page({"shardId-0"}, "old token"),
                          ShardService::error("ExpiredNextTokenException"),
                          ShardService::page({"shardId-0"}, "new token"),
                          ShardService::error("ExpiredNextTokenException")});
    const auto shards = service.list();
    ASSERT_FALSE(shards.has_value());
    EXPECT_EQ(shards.error().service_code, "ExpiredNextTokenException");
    EXPECT_EQ(service.messages.size(), 4U);
}

TEST(ListShards, HandsAThrottledPageOn) {
    ShardService service({ShardService::error("LimitExceededException")});
    const auto shards = service.list();
    ASSERT_FALSE(shards.has_value());
    EXPECT_EQ(shards.error().kind, FailureClass::slow_down);
    EXPECT_THAT(shards.error().message, HasSubstr("ListShards on stream \"events\""));
}

TEST(ListShards, RefusesAServiceThatNeverStopsGivingPages) {
    std::atomic<int> pages{0};
    ScriptedServer server([&](ScriptedConnection& connection) {
        while (connection.read_request()) {
            ++pages;
            answer_with(connection, wire::Encoding::cbor, 200,
                        {{"Shards", Document::array()}, {"NextToken", "again"}});
        }
    });
    const auto client = client_of(server.url());
    const auto shards = wait_for<std::vector<Shard>>([&](ListShardsDone done) {
        client->list_shards("events", WhichShards::open, std::move(done));
    });
    ASSERT_FALSE(shards.has_value());
    EXPECT_EQ(shards.error().code, ErrorCode::bad_answer);
    EXPECT_EQ(pages, 1000);
}

// 1,000 is as many as an answer has (AWS: API_ListShards, MaxResults).
TEST(ListShards, TakesAFullPageOfShardsOfWhichAllIsTold) {
    const std::string hash_key = "340282366920938463463374607431768211455";
    const std::string number(56, '9');
    Document answer;
    answer["Shards"] = Document::array();
    for (int i = 0; i < 1000; ++i) {
        answer["Shards"].push_back(
            {{"ShardId", "shardId-00000000" + std::to_string(1000 + i)},
             {"ParentShardId", "shardId-000000000001"},
             {"AdjacentParentShardId", "shardId-000000000002"},
             {"HashKeyRange", {{"StartingHashKey", hash_key}, {"EndingHashKey", hash_key}}},
             {"SequenceNumberRange",
              {{"StartingSequenceNumber", number}, {"EndingSequenceNumber", number}}}});
    }
    ShardService service({[&](ScriptedConnection& connection) {
        answer_with(connection, wire::Encoding::cbor, 200, answer);
    }});
    const auto shards = service.list(WhichShards::all);
    ASSERT_TRUE(shards.has_value()) << shards.error().message;
    EXPECT_EQ(shards->size(), 1000U);
    EXPECT_EQ(shards->back().shard_id, "shardId-000000001999");
}

TEST(ListShards, RefusesMoreShardsThanAnyStreamHas) {
    std::atomic<int> pages{0};
    Document answer = {{"Shards", Document::array()}, {"NextToken", "again"}};
    for (int i = 0; i < 1000; ++i) answer["Shards"].push_back(shard("shardId-0"));
    ScriptedServer server([&](ScriptedConnection& connection) {
        while (connection.read_request()) {
            ++pages;
            answer_with(connection, wire::Encoding::cbor, 200, answer);
        }
    });
    const auto client = client_of(server.url());
    const auto shards = wait_for<std::vector<Shard>>([&](ListShardsDone done) {
        client->list_shards("events", WhichShards::open, std::move(done));
    });
    ASSERT_FALSE(shards.has_value());
    EXPECT_EQ(shards.error().code, ErrorCode::bad_answer);
    EXPECT_THAT(shards.error().message, HasSubstr("more than 100000 shards"));
    EXPECT_EQ(pages, 101);
}

TEST(ListShards, AnAnswerWithoutShardsIsNone) {
    ScriptedServer server([](ScriptedConnection& connection) {
        connection.read_request();
        answer_with(connection, wire::Encoding::cbor, 200, {{"Streams", Document::array()}});
    });
    const auto client = client_of(server.url());
    const auto shards = wait_for<std::vector<Shard>>(
        [&](ListShardsDone done) { client->list_shards("events", std::move(done)); });
    ASSERT_FALSE(shards.has_value());
    EXPECT_EQ(shards.error().code, ErrorCode::bad_answer);
}

class Minimal : public KinesisClient {
  public:
    void put_records(const PutRecordsRequest&, PutRecordsDone) override {}
};

TEST(ListShards, IsUnsupportedByAClientThatOnlyPuts) {
    Minimal client;
    const auto shards = wait_for<std::vector<Shard>>(
        [&](ListShardsDone done) { client.list_shards("events", std::move(done)); });
    ASSERT_FALSE(shards.has_value());
    EXPECT_EQ(shards.error().code, ErrorCode::unsupported);
    EXPECT_EQ(shards.error().kind, FailureClass::final);
    const auto summary = wait_for<StreamSummary>(
        [&](DescribeDone done) { client.describe_stream_summary("events", std::move(done)); });
    ASSERT_FALSE(summary.has_value());
    EXPECT_EQ(summary.error().code, ErrorCode::unsupported);
}

}  // namespace
}  // namespace lk::kinesis
