#include <gtest/gtest.h>

#include <latch>
#include <mutex>

#include "kinesis/test_client.hpp"

namespace lk::kinesis {
namespace {

using http::ReceivedRequest;

// Keeps the requests and fails them all.
class KeepingServer {
  public:
    [[nodiscard]] std::string url() const { return server_.url(); }
    std::vector<ReceivedRequest> received() {
        const std::lock_guard lock(mutex_);
        return received_;
    }

  private:
    void keep(const ReceivedRequest& request) {
        const std::lock_guard lock(mutex_);
        received_.push_back(request);
    }

    std::mutex mutex_;
    std::vector<ReceivedRequest> received_;
    http::ScriptedServer server_{[this](http::ScriptedConnection& connection) {
        while (const auto request = connection.read_request()) {
            keep(*request);
            answer_with_error(connection, 400, "ResourceNotFoundException", "none");
        }
    }};
};

std::vector<ReceivedRequest> requests_of_every_operation(const TestClientOptions& options,
                                                         const std::string& path) {
    KeepingServer server;
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
    return server.received();
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

// Sends some requests of its own within one turn of the client's loop.
class Sends : public Loop::Participant {
  public:
    Sends(AwsKinesis& client, std::vector<std::vector<Record>> requests)
        : client_(client), requests_(std::move(requests)), answered_(std::ssize(requests_)) {}

    TimePoint turn(TimePoint) override {
        if (std::exchange(sent_, true)) return never;
        for (std::size_t i = 0; i < requests_.size(); ++i) {
            client_.put_records(
                {.stream = "events", .records = requests_[i], .timeout = std::chrono::seconds(10)},
                [this](const auto&) { answered_.count_down(); });
        }
        return never;
    }
    void wait() { answered_.wait(); }

  private:
    AwsKinesis& client_;
    const std::vector<std::vector<Record>> requests_;
    std::latch answered_;
    bool sent_ = false;
};

// They are hashed two at a time.
TEST(Signatures, OfRequestsThatGoOutTogetherAreRight) {
    for (std::size_t count = 1; count <= 5; ++count) {
        KeepingServer server;
        const auto client = client_of(server.url(), {});
        // Of lengths that differ, by more than a block mostly.
        std::vector<std::vector<Record>> requests;
        const std::string data(5000, 'x');
        for (std::size_t i = 0; i < count; ++i) {
            requests.emplace_back(1 + i,
                                  Record{.data = std::string_view(data).substr(i * 911),
                                         .partition_key = std::string_view("keys").substr(i % 3),
                                         .explicit_hash_key = {},
                                         .cbor = {}});
        }
        const auto sends = std::make_shared<Sends>(*client, std::move(requests));
        client->loop()->attach(sends);
        sends->wait();
        client->loop()->detach_and_wait(sends.get());
        const auto received = server.received();
        ASSERT_EQ(received.size(), count);
        for (const ReceivedRequest& request : received) {
            EXPECT_EQ(problem_of_signature(request), "") << count << " at once";
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
