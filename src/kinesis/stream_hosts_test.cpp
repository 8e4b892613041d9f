#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>

#include "aws/test_environment.hpp"
#include "http/test_certificates.hpp"
#include "kinesis/test_client.hpp"

namespace lk::kinesis {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* arn = "arn:aws:kinesis:eu-west-1:111122223333:stream/events";

// Amazon Kinesis as far as names go: clients ask a proxy for AWS's own hosts, and it leads them all
// to one server, which has a certificate for each and refuses every request.
class StreamHosts : public testing::Test {
  protected:
    std::shared_ptr<AwsKinesis> client(AwsKinesisOptions options = {}) const {
        options.region = test_region;
        options.credentials = {test_key_id, test_secret};
        options.ca_bundle = authority_file_.path();
        options.proxy = proxy_.url();
        auto client = open_aws_client(detail::settings_of(options), aws::environment_of({}));
        if (!client) throw std::runtime_error(client.error().message);
        return std::move(client).value();
    }

    // What became of it is in seen().
    static Failure put_to(AwsKinesis& client, const char* stream) {
        const Record record{.data = "x", .partition_key = "k", .explicit_hash_key = {}, .cbor = {}};
        return wait_for<PutRecordsAnswer>([&](PutRecordsDone done) {
                   client.put_records({.stream = stream,
                                       .records = {&record, 1},
                                       .timeout = std::chrono::seconds(60)},
                                      std::move(done));
               })
            .error();
    }

    static Failure describe(AwsKinesis& client, const char* stream) {
        return wait_for<StreamSummary>([&](DescribeDone done) {
                   client.describe_stream_summary(stream, std::move(done));
               })
            .error();
    }

    static Failure list(AwsKinesis& client, const char* stream) {
        return wait_for<std::vector<Shard>>(
                   [&](ListShardsDone done) { client.list_shards(stream, std::move(done)); })
            .error();
    }

    // "PutRecords of StreamName=events at kinesis.example", in the order of their coming.
    std::vector<std::string> seen() {
        const std::lock_guard lock(mutex_);
        return seen_;
    }

    std::size_t ways_asked() const { return proxy_.connections(); }

  private:
    void take(const http::ReceivedRequest& request) {
        const wire::Document message = message_of(request);
        std::string stream;
        for (const char* name : {"StreamName", "StreamARN"}) {
            if (message.contains(name)) {
                stream += std::string(name) + "=" + message[name].get<std::string>();
            }
        }
        const std::lock_guard lock(mutex_);
        seen_.push_back(operation_of(request) + " of " + stream + " at " +
                        request.headers.at("host") + problem_of_signature(request));
    }

    const http::TestCertificate authority_ = http::make_authority();
    const http::TemporaryFile authority_file_{authority_.certificate};
    std::mutex mutex_;
    std::vector<std::string> seen_;
    http::ScriptedServer server_{
        [this](http::ScriptedConnection& connection) {
            while (const auto request = connection.read_request()) {
                take(*request);
                answer_with_error(connection, 400, "AccessDeniedException", "no");
            }
        },
        http::make_server_certificate(
            authority_,
            "DNS:kinesis.eu-west-1.amazonaws.com,DNS:kinesis-fips.eu-west-1.api.aws,"
            "DNS:111122223333.data-kinesis.eu-west-1.amazonaws.com,"
            "DNS:111122223333.control-kinesis.eu-west-1.amazonaws.com,"
            "DNS:111122223333.data-kinesis-fips.eu-west-1.api.aws")};
    http::ScriptedServer proxy_{[this](http::ScriptedConnection& connection) {
        (void)connection.read_head();
        connection.send("HTTP/1.1 200 Connection established\r\n\r\n");
        connection.relay_to(server_.port());
    }};
};

TEST_F(StreamHosts, AreTheRegionsForAStreamGivenByName) {
    const auto client = this->client();
    EXPECT_EQ(put_to(*client, "events").code, ErrorCode::access_denied);
    (void)describe(*client, "events");
    EXPECT_THAT(seen(),
                ElementsAre("PutRecords of StreamName=events at kinesis.eu-west-1.amazonaws.com",
                            "DescribeStreamSummary of StreamName=events at "
                            "kinesis.eu-west-1.amazonaws.com"));
    EXPECT_EQ(ways_asked(), 1U);
}

TEST_F(StreamHosts, AreTheAccountsForAStreamGivenByArn) {
    const auto client = this->client();
    EXPECT_EQ(put_to(*client, arn).code, ErrorCode::access_denied);
    (void)list(*client, arn);
    (void)describe(*client, arn);
    const std::string of_arn = std::string(" of StreamARN=") + arn + " at 111122223333.";
    EXPECT_THAT(
        seen(),
        ElementsAre("PutRecords" + of_arn + "data-kinesis.eu-west-1.amazonaws.com",
                    "ListShards" + of_arn + "control-kinesis.eu-west-1.amazonaws.com",
                    "DescribeStreamSummary" + of_arn + "control-kinesis.eu-west-1.amazonaws.com"));
}

TEST_F(StreamHosts, AreTheRegionsForAnArnWhereAccountHostsAreSwitchedOff) {
    const auto client = this->client({.account_hosts = false});
    (void)put_to(*client, arn);
    EXPECT_THAT(seen(), ElementsAre(std::string("PutRecords of StreamARN=") + arn +
                                    " at kinesis.eu-west-1.amazonaws.com"));
}

TEST_F(StreamHosts, FollowFipsAndDualStack) {
    const auto client = this->client({.use_fips = true, .use_dual_stack = true});
    (void)put_to(*client, "events");
    (void)put_to(*client, arn);
    EXPECT_THAT(seen(),
                ElementsAre("PutRecords of StreamName=events at kinesis-fips.eu-west-1.api.aws",
                            std::string("PutRecords of StreamARN=") + arn +
                                " at 111122223333.data-kinesis-fips.eu-west-1.api.aws"));
}

TEST_F(StreamHosts, AreNotAskedForAStreamOfAnotherRegion) {
    const auto client = this->client();
    const char* far = "arn:aws:kinesis:us-east-1:111122223333:stream/events";
    for (const Failure& failure : {put_to(*client, far), describe(*client, far)}) {
        EXPECT_EQ(failure.kind, FailureClass::final);
        EXPECT_EQ(failure.code, ErrorCode::bad_option);
        EXPECT_FALSE(failure.may_have_been_stored);
        EXPECT_THAT(failure.message, HasSubstr("region \"us-east-1\""));
        EXPECT_THAT(failure.message, HasSubstr("\"eu-west-1\""));
    }
    EXPECT_EQ(ways_asked(), 0U);
}

}  // namespace
}  // namespace lk::kinesis
