#include "local/server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/test_directory.hpp"
#include "local/http/raw_client.hpp"

namespace lk::local {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::unique_ptr<Server> start(ServerOptions options = {}) {
    auto server = Server::start(std::move(options));
    if (!server) throw std::runtime_error(server.error().message);
    return std::move(server).value();
}

std::string refusal(ServerOptions options) {
    auto server = Server::start(std::move(options));
    return server ? "it was started" : server.error().message;
}

std::vector<std::string> data_of(const Server& server, std::string_view stream) {
    std::vector<std::string> data;
    const auto records = server.records(stream);
    for (const StoredRecord& record : records.value()) data.push_back(record.data);
    return data;
}

const std::string put_hello =
    post("PutRecord", R"({"StreamName": "s", "PartitionKey": "k", "Data": "aGVsbG8="})");

TEST(Server, HasTheStreamsItWasToldToHave) {
    const auto server = start({.streams = {{"s", 2}, {"t", 1}}});
    RawClient client(server->port());
    client.send(post("ListStreams", "{}"));
    EXPECT_THAT(client.read_answer().body, HasSubstr(R"("StreamNames":["s","t"])"));
    client.send(post("DescribeStreamSummary", R"({"StreamName": "s"})"));
    EXPECT_THAT(client.read_answer().body, HasSubstr(R"("OpenShardCount":2)"));
}

TEST(Server, TellsItsEndpoint) {
    const auto server = start();
    EXPECT_EQ(server->endpoint(), "http://127.0.0.1:" + std::to_string(server->port()));
    const auto everywhere = start({.address = "0.0.0.0"});
    EXPECT_EQ(everywhere->endpoint(), "http://127.0.0.1:" + std::to_string(everywhere->port()));
}

TEST(Server, HandsOutWhatItStored) {
    const auto server = start({.streams = {{"s", 1}}});
    RawClient client(server->port());
    client.send(put_hello);
    EXPECT_EQ(client.read_answer().status, 200);
    const auto records = server->records("s");
    ASSERT_TRUE(records);
    ASSERT_EQ(records->size(), 1U);
    EXPECT_EQ(records->front().data, "hello");
    EXPECT_EQ(records->front().partition_key, "k");
    EXPECT_EQ(records->front().shard_id, "shardId-000000000000");
    EXPECT_EQ(records->front().sequence_number.size(), 56U);
    EXPECT_GT(records->front().arrival_ms, 1'700'000'000'000);
    const auto none = server->records("none");
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, ErrorCode::stream_not_found);
}

TEST(Server, KeepsItsRecordsAcrossARestart) {
    const TestDirectory directory;
    std::string log;
    ServerOptions options = {.directory = directory.path(), .streams = {{"s", 1}}};
    {
        const auto server = start(options);
        RawClient client(server->port());
        client.send(put_hello);
        EXPECT_EQ(client.read_answer().status, 200);
    }
    options.streams = {{"s", 3}};
    options.log = [&](std::string_view line) { log += line; };
    const auto server = start(options);
    EXPECT_THAT(data_of(*server, "s"), ElementsAre("hello"));
    EXPECT_EQ(log, "the stream s exists already and keeps its 1 shard, not 3");
}

TEST(Server, TellsWhoHoldsItsDirectory) {
    const TestDirectory directory;
    const auto server = start({.directory = directory.path()});
    EXPECT_THAT(refusal({.directory = directory.path()}),
                HasSubstr("is in use by this process already"));
}

TEST(Server, NamesWhatIsWrongWithItsOptions) {
    const auto server = start();
    EXPECT_THAT(refusal({.port = server->port()}),
                HasSubstr("cannot listen on 127.0.0.1 port " + std::to_string(server->port())));
    EXPECT_THAT(refusal({.address = "localhost"}), HasSubstr("not a numeric"));
    EXPECT_THAT(refusal({.streams = {{"a b", 1}}}), HasSubstr("cannot create the stream 'a b'"));
    EXPECT_THAT(refusal({.streams = {{"s", 0}}}), HasSubstr("greater than or equal to 1"));
    EXPECT_THAT(refusal({.io_threads = 0}), HasSubstr("io_threads is 0; it must be 1 to 64"));
    EXPECT_THAT(refusal({.idle_timeout = std::chrono::milliseconds(1)}),
                HasSubstr("idle_timeout is 1 ms"));
}

TEST(Server, StillAnswersForItsRecordsOnceStopped) {
    const auto server = start({.streams = {{"s", 1}}});
    RawClient client(server->port());
    client.send(put_hello);
    EXPECT_EQ(client.read_answer().status, 200);
    server->stop();
    server->stop();
    EXPECT_THAT(data_of(*server, "s"), ElementsAre("hello"));
    EXPECT_FALSE(RawClient(server->port()).connected());
}

TEST(Server, StopsWithConnectionsInEveryState) {
    for (const bool tls : {false, true}) {
        const auto server = start({.streams = {{"s", 1}}, .tls = tls});
        const auto connect = [&] {
            return tls ? std::make_unique<RawClient>(
                             server->port(), RawClient::Tls{.authority = server->ca_certificate()})
                       : std::make_unique<RawClient>(server->port());
        };
        RawClient silent(server->port());
        const auto idle = connect();
        idle->send(put_hello);
        EXPECT_EQ(idle->read_answer().status, 200);
        const auto half_head = connect();
        half_head->send("POST / HT");
        const auto half_body = connect();
        half_body->send(put_hello.substr(0, put_hello.size() - 1));
        const auto deaf = connect();
        for (int request = 0; request < 100; ++request) deaf->send(put_hello);
        server->stop();
        EXPECT_EQ(idle->read_answer().status, 0);
        EXPECT_EQ(half_body->read_answer().status, 0);
    }
}

TEST(Server, StopsWhileItIsBusy) {
    auto server = start({.streams = {{"s", 1}}});
    std::vector<std::thread> clients;
    std::atomic<std::size_t> acknowledged{0};
    for (int count = 0; count < 3; ++count) {
        clients.emplace_back([&, port = server->port()] {
            RawClient client(port);
            while (client.send(put_hello) && client.read_answer().status == 200) ++acknowledged;
        });
    }
    while (acknowledged < 100) std::this_thread::yield();
    server->stop();
    for (std::thread& client : clients) client.join();
    // Whatever was acknowledged is there; of each client one more may have been stored unheard.
    const std::size_t stored = data_of(*server, "s").size();
    EXPECT_GE(stored, acknowledged);
    EXPECT_LE(stored, acknowledged + clients.size());
}

}  // namespace
}  // namespace lk::local
