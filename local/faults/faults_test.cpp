#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "local/http/raw_client.hpp"
#include "local/server.hpp"
#include "wire/document.hpp"

namespace lk::local {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using wire::Document;

// A server with a fault plan, met by clients that see every byte.
class Faulty : public testing::Test {
  protected:
    void rule(const std::string& act, const std::string& on = "{}") {
        const auto error =
            server->set_faults(R"({"rules": [{"on": )" + on + R"(, "do": )" + act + "}]}");
        ASSERT_FALSE(error) << error->message;
    }
    RawAnswer put_records(const std::vector<std::string>& keys = {"a", "b"}) const {
        Document records = Document::array();
        for (const std::string& key : keys) {
            records.push_back({{"PartitionKey", key}, {"Data", "aGVsbG8="}});
        }
        const Document request = {{"StreamName", "s"}, {"Records", records}};
        RawClient client(server->port());
        client.send(post("PutRecords", request.dump()));
        return client.read_answer();
    }
    // What comes back before the connection ends.
    std::string put_and_read_to_end() const {
        RawClient client(server->port());
        client.send(
            post("PutRecord", R"({"StreamName": "s", "PartitionKey": "k", "Data": "aGVsbG8="})"));
        return client.read_to_end();
    }
    std::size_t stored() const { return server->records("s").value().size(); }
    static std::vector<std::string> codes(const RawAnswer& answer) {
        std::vector<std::string> codes;
        const Document body = Document::parse(answer.body);
        for (const Document& entry : body.at("Records")) {
            codes.push_back(entry.value("ErrorCode", ""));
        }
        return codes;
    }

    std::unique_ptr<Server> server = Server::start({.streams = {{"s", 4}}}).value();
};

TEST_F(Faulty, AnswersAnErrorInsteadOfStoring) {
    rule(R"({"error": {"code": "InternalFailure", "message": "on purpose", "status": 503}})");
    const RawAnswer answer = put_records();
    EXPECT_EQ(answer.status, 503);
    EXPECT_THAT(answer.head, HasSubstr("503 Service Unavailable"));
    EXPECT_EQ(Document::parse(answer.body).at("__type"), "InternalFailure");
    EXPECT_EQ(Document::parse(answer.body).at("message"), "on purpose");
    EXPECT_EQ(stored(), 0U);
}

TEST_F(Faulty, AnswersAnErrorAfterStoring) {
    rule(R"({"error": {"code": "InternalFailure", "commit": true}})");
    EXPECT_EQ(put_records().status, 500);
    EXPECT_EQ(stored(), 2U);
}

TEST_F(Faulty, FailsTheRecordsOfAKeyInKinesissWords) {
    rule(R"({"record_error": "ProvisionedThroughputExceededException"})",
         R"({"partition_key": "b"})");
    const RawAnswer answer = put_records({"a", "b", "c"});
    EXPECT_EQ(answer.status, 200);
    EXPECT_THAT(codes(answer), ElementsAre("", "ProvisionedThroughputExceededException", ""));
    const Document body = Document::parse(answer.body);
    EXPECT_EQ(body.at("FailedRecordCount"), 1);
    EXPECT_THAT(
        body.at("Records")[1].at("ErrorMessage").get<std::string>(),
        testing::MatchesRegex("Rate exceeded for shard shardId-00000000000[0-3] in stream s "
                              "under account 000000000000."));
    EXPECT_EQ(stored(), 2U);
}

TEST_F(Faulty, StoresARecordThatItAnswersAsFailed) {
    rule(R"({"record_error": {"code": "InternalFailure", "commit": true}})", R"({"record": 1})");
    EXPECT_THAT(codes(put_records()), ElementsAre("InternalFailure", ""));
    EXPECT_EQ(stored(), 2U);
}

TEST_F(Faulty, FailsTheOneRecordOfPutRecord) {
    rule(R"({"record_error": "ProvisionedThroughputExceededException"})");
    RawClient client(server->port());
    client.send(post("PutRecord", R"({"StreamName": "s", "PartitionKey": "k", "Data": ""})"));
    const RawAnswer answer = client.read_answer();
    EXPECT_EQ(answer.status, 400);
    EXPECT_THAT(answer.body, HasSubstr("Rate exceeded for shard"));
    EXPECT_EQ(stored(), 0U);
}

TEST_F(Faulty, EndsTheConnectionBeforeOrAfterStoring) {
    for (const std::string way : {"reset", "close"}) {
        const std::size_t before = stored();
        rule("{\"" + way + R"(": "before_commit"})");
        EXPECT_EQ(put_and_read_to_end(), "");
        EXPECT_EQ(stored(), before);
        rule("{\"" + way + R"(": "after_commit"})");
        EXPECT_EQ(put_and_read_to_end(), "");
        EXPECT_EQ(stored(), before + 1);
    }
}

TEST_F(Faulty, CutsTheAnswerOff) {
    rule(R"({"truncate": 5})");
    const std::string bytes = put_and_read_to_end();
    EXPECT_THAT(bytes, HasSubstr("200 OK"));
    EXPECT_EQ(bytes.size() - bytes.find("\r\n\r\n"), 4U + 5U);
    EXPECT_EQ(stored(), 1U);
}

TEST_F(Faulty, AnswersOtherBytesWithStatus200) {
    rule(R"({"garbage": "<html>proxy</html>"})");
    const RawAnswer answer = put_records();
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "<html>proxy</html>");
    EXPECT_EQ(stored(), 2U);
}

TEST_F(Faulty, AnswersTheWrongNumberOfEntries) {
    rule(R"({"wrong_count": 3})");
    EXPECT_THAT(codes(put_records()), testing::SizeIs(5));
    rule(R"({"wrong_count": -1})");
    EXPECT_THAT(codes(put_records()), testing::SizeIs(1));
    rule(R"({"wrong_count": -500})");
    EXPECT_THAT(codes(put_records()), testing::IsEmpty());
    EXPECT_EQ(stored(), 6U);
}

TEST_F(Faulty, NamesShardsThatThereNeverWere) {
    rule(R"({"unknown_shards": true})");
    std::set<std::string> named;
    for (int i = 0; i < 3; ++i) {
        const Document body = Document::parse(put_records().body);
        for (const Document& entry : body.at("Records")) named.insert(entry.at("ShardId"));
    }
    EXPECT_THAT(named, testing::SizeIs(6));
    EXPECT_THAT(named, testing::Each(testing::MatchesRegex("shardId-9[0-9]{11}")));
    EXPECT_EQ(stored(), 6U);
}

TEST_F(Faulty, WaitsOnBothSidesOfStoring) {
    rule(R"({"delay_ms": {"before_commit": 60, "after_commit": 60}})");
    const auto began = std::chrono::steady_clock::now();
    EXPECT_EQ(put_records().status, 200);
    EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(120));
    EXPECT_EQ(stored(), 2U);
}

TEST_F(Faulty, LetsOthersPassWhileARequestIsDelayed) {
    // Longer than the test may take, and more of them than the server has threads.
    rule(R"({"delay_ms": 600000})", R"({"partition_key": "slow"})");
    std::vector<std::unique_ptr<RawClient>> waiting;
    for (int count = 0; count < 8; ++count) {
        waiting.push_back(std::make_unique<RawClient>(server->port()));
        waiting.back()->send(post(
            "PutRecord", R"({"StreamName": "s", "PartitionKey": "slow", "Data": "aGVsbG8="})"));
    }
    EXPECT_EQ(put_records().status, 200);
    EXPECT_EQ(stored(), 2U);
    server->stop();
    EXPECT_EQ(stored(), 2U);
}

TEST_F(Faulty, WaitsForABodyInChunksToo) {
    rule(R"({"delay_ms": 30})");
    RawClient client(server->port());
    std::string head = post("PutRecord", "", "Transfer-Encoding: chunked\r\n");
    const auto length = head.find("Content-Length: 0\r\n");
    ASSERT_NE(length, head.npos);
    head.erase(length, std::string_view("Content-Length: 0\r\n").size());
    const std::string body = R"({"StreamName": "s", "PartitionKey": "k", "Data": "aGVsbG8="})";
    char size[16];
    std::snprintf(size, sizeof size, "%zx\r\n", body.size());
    client.send(head + size + body + "\r\n0\r\n\r\n");
    EXPECT_EQ(client.read_answer().status, 200);
    EXPECT_EQ(stored(), 1U);
}

TEST_F(Faulty, IsWellAgainWithoutAPlan) {
    rule(R"({"reset": "before_commit"})");
    EXPECT_EQ(put_and_read_to_end(), "");
    EXPECT_FALSE(server->set_faults(""));
    EXPECT_EQ(put_records().status, 200);
}

TEST_F(Faulty, KeepsItsPlanWhenTheNextIsRefused) {
    rule(R"({"error": "InternalFailure"})");
    EXPECT_THAT(server->set_faults("{\"rules\": 1}")->message, HasSubstr("rules is 1"));
    EXPECT_EQ(put_records().status, 500);
}

TEST(FaultyServer, IsToldAPlanFromTheStart) {
    const auto server = Server::start({.faults = R"({"rules": [{"do": {"error": "Odd"}}]})"});
    ASSERT_TRUE(server);
    RawClient client((*server)->port());
    client.send(post("ListStreams", "{}"));
    EXPECT_THAT(client.read_answer().body, HasSubstr("Odd"));
    EXPECT_THAT(Server::start({.faults = "{}"}).error().message, HasSubstr("rules is absent"));
}

TEST(FaultyServer, FindsTheShardOfAReader) {
    const auto server = Server::start({.streams = {{"s", 2}}}).value();
    ASSERT_FALSE(server->set_faults(R"({"rules": [{"on": {"shard": "shardId-000000000001",
        "operation": "GetShardIterator"}, "do": {"error": "Odd"}}]})"));
    const auto status = [&](const std::string& shard) {
        RawClient client(server->port());
        client.send(post("GetShardIterator", R"({"StreamName": "s", "ShardId": ")" + shard +
                                                 R"(", "ShardIteratorType": "LATEST"})"));
        return client.read_answer().status;
    };
    EXPECT_EQ(status("shardId-000000000000"), 200);
    EXPECT_EQ(status("shardId-000000000001"), 400);
}

}  // namespace
}  // namespace lk::local
