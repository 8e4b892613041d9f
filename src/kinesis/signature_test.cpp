#include <gtest/gtest.h>

#include <mutex>

#include "kinesis/test_client.hpp"

namespace lk::kinesis {
namespace {

using http::ReceivedRequest;

// Sends every operation to a server that keeps the requests and fails them all.
std::vector<ReceivedRequest> requests_of_every_operation(const TestClientOptions& options,
                                                         const std::string& path) {
    std::mutex mutex;
    std::vector<ReceivedRequest> received;
    http::ScriptedServer server([&](http::ScriptedConnection& connection) {
        while (const auto request = connection.read_request()) {
            {
                const std::lock_guard lock(mutex);
                received.push_back(*request);
            }
            answer_with_error(connection, 400, "ResourceNotFoundException", "none");
        }
    });
    const auto client = client_of(server.url() + path, options);
    std::vector<Record> many(500, {.data = std::string_view("some data"),
                                   .partition_key = "key",
                                   .explicit_hash_key = {},
                                   .cbor = {}});
    (void)put(*client, many);
    (void)wait_for<std::vector<Shard>>(
        [&](ListShardsDone done) { client->list_shards("events", std::move(done)); });
    (void)wait_for<StreamSummary>(
        [&](DescribeDone done) { client->describe_stream_summary("events", std::move(done)); });
    (void)wait_for<wire::Document>(
        [&](std::function<void(Expected<wire::Document, Failure>)> done) {
            client->call("CreateStream", {{"StreamName", "events"}, {"ShardCount", 1}},
                         std::move(done));
        });
    return received;
}

TEST(Signatures, OfEveryOperationAreRight) {
    for (const auto encoding : {wire::Encoding::json, wire::Encoding::cbor}) {
        for (const char* token : {"", "a session token"}) {
            for (const char* path : {"", "gateway/kinesis"}) {
                std::string text(token);
                std::replace(text.begin(), text.end(), ' ', '+');
                const auto received = requests_of_every_operation(
                    {.encoding = encoding, .session_token = text}, path);
                ASSERT_EQ(received.size(), 4U);
                for (const ReceivedRequest& request : received) {
                    EXPECT_EQ(problem_of_signature(request), "") << operation_of(request);
                    EXPECT_EQ(request.headers.contains("x-amz-security-token"), *token != '\0');
                }
            }
        }
    }
}

// The judge of these tests must be able to say no.
TEST(Signatures, CoverTheBodyTheTargetTheDateAndTheHost) {
    const auto received = requests_of_every_operation({}, "");
    ASSERT_FALSE(received.empty());
    ReceivedRequest body = received.front();
    body.body.back() ^= 1;
    EXPECT_NE(problem_of_signature(body), "");
    for (const char* name : {"x-amz-target", "x-amz-date", "host", "content-type"}) {
        ReceivedRequest changed = received.front();
        changed.headers[name].back() ^= 1;
        EXPECT_NE(problem_of_signature(changed), "") << name;
    }
}

}  // namespace
}  // namespace lk::kinesis
