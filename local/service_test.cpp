#include "local/service.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/test_directory.hpp"
#include "local/operations/test_kinesis.hpp"

namespace lk::local {
namespace {

using testing::HasSubstr;
using testing::SizeIs;
using wire::Document;
using wire::Encoding;

/// A script of requests that one Kinesis gets in JSON and its twin in CBOR.
class Twins : public testing::Test {
  protected:
    Twins() : json{{.encoding = Encoding::json}}, cbor{{.encoding = Encoding::cbor}} {}

    // What both answered; notes a failure unless that is the same. Data is compared as bytes.
    Document ask(std::string_view operation, const Document& request) {
        const Document from_json = answer(json, Encoding::json, operation, request);
        const Document from_cbor = answer(cbor, Encoding::cbor, operation, request);
        EXPECT_EQ(from_json, from_cbor) << operation << " " << request;
        return from_json;
    }

    TestKinesis json;
    TestKinesis cbor;

  private:
    static Document with_data(const TestKinesis& kinesis, Document request) {
        if (request.contains("Data")) request["Data"] = kinesis.data("\x01\xff");
        if (request.contains("Records")) {
            for (auto& record : request["Records"]) record = with_data(kinesis, record);
        }
        return request;
    }
    static Document answer(const TestKinesis& kinesis, Encoding encoding,
                           std::string_view operation, const Document& request) {
        const Reply reply = kinesis.send(operation, with_data(kinesis, request));
        if (reply.body.empty()) return {{"status", reply.status}};
        auto parsed = wire::parse(encoding, reply.body);
        if (!parsed) return {{"unreadable", parsed.error()}};
        Document members = *parsed;
        if (members.contains("Records")) {
            for (auto& record : members["Records"]) {
                if (record.contains("Data"))
                    record["Data"] = TestKinesis::bytes(record["Data"]) == "\x01\xff";
            }
        }
        return {{"status", reply.status}, {"members", members}};
    }
};

TEST_F(Twins, AnswerEveryOperationAlikeInJsonAndCbor) {
    const Document record = {{"Data", ""}, {"PartitionKey", "ключ"}};
    const Document odd = {{"Data", ""}, {"PartitionKey", ""}, {"ExplicitHashKey", "x"}};
    ask("CreateStream", {{"StreamName", "s"}, {"ShardCount", 3}});
    ask("CreateStream", {{"StreamName", "s"}, {"ShardCount", 3}});
    ask("CreateStream",
        {{"StreamName", "t"}, {"StreamModeDetails", {{"StreamMode", "ON_DEMAND"}}}});
    ask("CreateStream", {{"StreamName", "no name"}});
    ask("ListStreams", {{"Limit", 1}});
    ask("ListStreams", {{"Limit", 0}});
    ask("DescribeStream", {{"StreamName", "s"}, {"Limit", 2}});
    ask("DescribeStream", {{"StreamName", "none"}});
    ask("DescribeStreamSummary", {{"StreamName", "t"}});
    const Document page = ask("ListShards", {{"StreamName", "s"}, {"MaxResults", 1}});
    ask("ListShards", {{"NextToken", page["members"]["NextToken"]}});
    ask("ListShards", {{"NextToken", "none"}});
    Document single = record;
    single["StreamName"] = "s";
    ask("PutRecord", single);
    ask("PutRecords", {{"StreamName", "s"}, {"Records", {record, record}}});
    ask("PutRecords", {{"StreamName", "s"}, {"Records", {record, odd}}});
    ask("PutRecords", {{"StreamName", "none"}, {"Records", {record}}});
    for (const char* shard : {"0", "1", "2"}) {
        const Document iterator = ask("GetShardIterator", {{"StreamName", "s"},
                                                           {"ShardId", shard},
                                                           {"ShardIteratorType", "AT_TIMESTAMP"},
                                                           {"Timestamp", 1'799'999'999.5}});
        ask("GetRecords", {{"ShardIterator", iterator["members"]["ShardIterator"]}});
    }
    ask("GetShardIterator",
        {{"StreamName", "s"}, {"ShardId", "3"}, {"ShardIteratorType", "LATEST"}});
    ask("GetRecords", {{"ShardIterator", "none"}});
    ask("DeleteStream", {{"StreamName", "s"}});
    ask("DeleteStream", {{"StreamName", "s"}});
    ask("UpdateShardCount", {{"StreamName", "s"}});
}

TEST(Service, RefusesABodyThatCannotBeRead) {
    const TestKinesis kinesis;
    const Service service(environment_of(kinesis.store(), false));
    for (const char* operation : {"PutRecords", "PutRecord", "ListStreams"}) {
        for (const auto& [encoding, body] :
             {std::pair(Encoding::json, ""), std::pair(Encoding::json, "{"),
              std::pair(Encoding::json, "[]"), std::pair(Encoding::json, "null"),
              std::pair(Encoding::json, "{}{}"), std::pair(Encoding::cbor, ""),
              std::pair(Encoding::cbor, "\xbf"), std::pair(Encoding::cbor, "\x80"),
              std::pair(Encoding::cbor, "{}")}) {
            const Reply reply = service.handle(operation, encoding, body);
            EXPECT_EQ(reply.status, 400);
            EXPECT_EQ(wire::read_error_answer(reply.body).code, "SerializationException")
                << operation << " " << body;
        }
    }
}

TEST(Service, RefusesMembersOfAnotherType) {
    const TestKinesis kinesis;
    kinesis.create("s");
    const auto message = [&](const char* operation, const char* request) {
        const auto refusal = kinesis.refusal(operation, Document::parse(request));
        EXPECT_EQ(refusal.code, "SerializationException");
        return refusal.message;
    };
    EXPECT_EQ(message("DescribeStream", R"({"StreamName": 1})"),
              "streamName must be a string, but is number");
    EXPECT_EQ(message("ListStreams", R"({"Limit": "1"})"), "limit must be a number, but is string");
    EXPECT_EQ(message("PutRecords", R"({"StreamName": "s", "Records": {}})"),
              "records must be a list, but is object");
    EXPECT_EQ(message("PutRecords", R"({"StreamName": "s", "Records": [1]})"),
              "records.1.member. must be an object, but is number");
    EXPECT_EQ(message("PutRecord", R"({"StreamName": "s", "PartitionKey": "k", "Data": "*"})"),
              "data must be base64, but is not");
    EXPECT_EQ(message("PutRecord", R"({"StreamName": "s", "PartitionKey": "k", "Data": [1]})"),
              "data must be base64 text, but is array");
    EXPECT_EQ(message("ListShards", R"({"StreamName": "s", "ShardFilter": "AT_LATEST"})"),
              "shardFilter must be an object, but is string");
    EXPECT_EQ(message("ListShards", R"({"StreamName": "s", "StreamCreationTimestamp": "now"})"),
              "streamCreationTimestamp must be a number of seconds since the epoch, but is string");
    EXPECT_THAT(message("ListShards", R"({"StreamName": "s", "StreamCreationTimestamp": 1e300})"),
                HasSubstr("seconds since the epoch"));
}

TEST(Service, TakesTextForDataInJsonAlone) {
    const TestKinesis kinesis({.encoding = Encoding::cbor});
    kinesis.create("s");
    EXPECT_EQ(
        kinesis.refusal("PutRecord", {{"StreamName", "s"}, {"PartitionKey", "k"}, {"Data", "AAAA"}})
            .message,
        "data must be a byte string, but is string");
}

TEST(Service, IgnoresMembersThatItDoesNotKnowAndNulls) {
    const TestKinesis kinesis;
    kinesis.ask("CreateStream", {{"StreamName", "s"},
                                 {"ShardCount", 1},
                                 {"StreamModeDetails", nullptr},
                                 {"Tags", {{"a", "b"}}}});
    kinesis.ask("ListShards", {{"StreamName", "s"}, {"NextToken", nullptr}, {"New", 1}});
}

TEST(Service, CutsFractionsAndRefusesNumbersBeyondAllBounds) {
    const TestKinesis kinesis;
    kinesis.create("a");
    kinesis.create("b");
    EXPECT_THAT(kinesis.ask("ListStreams", {{"Limit", 1.9}}).at("StreamNames"), SizeIs(1));
    for (const double limit : {1e300, 1e19, 10'001.0, 0.5, -1e300}) {
        EXPECT_EQ(kinesis.refusal("ListStreams", {{"Limit", limit}}).code, "ValidationException")
            << limit;
    }
}

TEST(Service, NamesTheOperationThatItDoesNotOffer) {
    const TestKinesis kinesis;
    const auto refusal = kinesis.refusal("UpdateShardCount", Document::object());
    EXPECT_EQ(refusal.code, "UnknownOperationException");
    EXPECT_THAT(refusal.message,
                HasSubstr("'UpdateShardCount'; it offers PutRecords, CreateStream"));
}

TEST(Service, EchoesOnlyTheBeginningOfALongValue) {
    const TestKinesis kinesis;
    std::string name;
    for (int count = 0; count < 100'000; ++count) name += "ä";
    const auto refusal = kinesis.refusal("DescribeStream", {{"StreamName", name}});
    EXPECT_THAT(refusal.message, HasSubstr("äää…' at 'streamName'"));
    EXPECT_LT(refusal.message.size(), 3000U);
}

TEST(Service, GoesOnAfterARestartWhereItWas) {
    const TestDirectory directory;
    const TestKinesis::Options options = {.store = {.directory = directory.path()}};
    std::string iterator;
    std::string number;
    {
        const TestKinesis kinesis(options);
        kinesis.create("s");
        number = kinesis.put("s", "before");
        iterator = kinesis.iterator("s", "TRIM_HORIZON");
    }
    const TestKinesis kinesis(options);
    EXPECT_LT(number, kinesis.put("s", "after"));
    EXPECT_THAT(kinesis.read(iterator), testing::ElementsAre("before", "after"));
}

}  // namespace
}  // namespace lk::local
