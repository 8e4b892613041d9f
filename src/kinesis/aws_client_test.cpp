#include "kinesis/aws_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kinesis/test_client.hpp"

namespace lk::kinesis {
namespace {

using http::ReceivedRequest;
using http::ScriptedConnection;
using http::ScriptedServer;
using testing::HasSubstr;
using wire::Encoding;

class InBothEncodings : public testing::TestWithParam<Encoding> {};
INSTANTIATE_TEST_SUITE_P(AwsKinesis, InBothEncodings,
                         testing::Values(Encoding::json, Encoding::cbor), [](const auto& one) {
                             return one.param == Encoding::json ? "Json" : "Cbor";
                         });

TEST_P(InBothEncodings, PutsRecordsAndTellsWhatBecameOfEach) {
    ReceivedRequest received;
    ScriptedServer server([&](ScriptedConnection& connection) {
        received = *connection.read_request();
        PutRecordsAnswer answer;
        answer.add_stored("shardId-000000000001", "49501");
        answer.add_failed("ProvisionedThroughputExceededException", "Rate exceeded");
        std::string text;
        wire::encode_put_records_answer(GetParam(), answer, text);
        connection.answer(200, text);
    });
    const auto client = client_of(server.url(), {.encoding = GetParam()});
    const auto answer = put(*client, two_records);
    ASSERT_TRUE(answer.has_value()) << answer.error().message;
    ASSERT_EQ(answer->size(), 2U);
    EXPECT_TRUE((*answer)[0].stored);
    EXPECT_EQ((*answer)[0].shard_id, "shardId-000000000001");
    EXPECT_EQ((*answer)[0].sequence_number, "49501");
    EXPECT_FALSE((*answer)[1].stored);
    EXPECT_EQ((*answer)[1].error_code, "ProvisionedThroughputExceededException");

    EXPECT_EQ(received.headers["x-amz-target"], "Kinesis_20131202.PutRecords");
    EXPECT_EQ(received.headers["content-type"], wire::content_type(GetParam()));
    EXPECT_EQ(received.headers["user-agent"], "lk-test");
    const wire::Document message = message_of(received);
    EXPECT_EQ(message["StreamName"], "events");
    ASSERT_EQ(message["Records"].size(), 2U);
    EXPECT_EQ(message["Records"][0]["PartitionKey"], "first");
    EXPECT_EQ(message["Records"][1]["ExplicitHashKey"], "7");
    if (GetParam() == Encoding::json) {
        EXPECT_EQ(message["Records"][1]["Data"], "AP8=");
    } else {
        EXPECT_EQ(message["Records"][1]["Data"], wire::Document::binary({0x00, 0xFF}));
    }
}

TEST_P(InBothEncodings, AnAnswerWithTheWrongNumberOfEntriesLeavesTheOutcomeUnknown) {
    ScriptedServer server(always(200, stored_answer(GetParam(), 3)));
    const auto answer = put(*client_of(server.url(), {.encoding = GetParam()}), two_records);
    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().kind, FailureClass::transient);
    EXPECT_EQ(answer.error().code, ErrorCode::bad_answer);
    EXPECT_TRUE(answer.error().may_have_been_stored);
    EXPECT_THAT(answer.error().message, HasSubstr("3 entries for 2 records"));
}

TEST_P(InBothEncodings, SoDoesGarbage) {
    for (const char* garbage : {"", "<html>It works!</html>", "{}", "\xA1\x67Records\x80\x80"}) {
        ScriptedServer server(always(200, garbage));
        const auto answer = put(*client_of(server.url(), {.encoding = GetParam()}), two_records);
        ASSERT_FALSE(answer.has_value()) << garbage;
        EXPECT_EQ(answer.error().kind, FailureClass::transient);
        EXPECT_EQ(answer.error().code, ErrorCode::bad_answer);
        EXPECT_TRUE(answer.error().may_have_been_stored);
    }
}

// So that no answer takes more memory than its request gives reason for.
TEST_P(InBothEncodings, AnAnswerMayHaveAKibibyteARecordAndNotMuchMore) {
    for (const std::size_t records : {1U, 500U}) {
        const std::vector<Record> all(records, two_records[0]);
        const auto put_and_get = [&](std::size_t message_bytes) {
            PutRecordsAnswer answer;
            for (std::size_t i = 0; i < records; ++i) {
                answer.add_failed("InternalFailure", std::string(message_bytes, 'x'));
            }
            std::string text;
            wire::encode_put_records_answer(GetParam(), answer, text);
            ScriptedServer server(always(200, text));
            return put(*client_of(server.url(), {.encoding = GetParam()}), all);
        };
        EXPECT_EQ(put_and_get(950).value().failed(), records);
        const auto longer = put_and_get(950 + 70 * 1024 / records + 100);
        ASSERT_FALSE(longer.has_value());
        EXPECT_EQ(longer.error().kind, FailureClass::transient);
        EXPECT_TRUE(longer.error().may_have_been_stored);
        EXPECT_THAT(longer.error().message,
                    HasSubstr("over the limit of " + std::to_string(65'536 + 1024 * records)));
    }
}

TEST_P(InBothEncodings, DescribesAStream) {
    ReceivedRequest received;
    ScriptedServer server([&](ScriptedConnection& connection) {
        received = *connection.read_request();
        answer_with(connection, GetParam(), 200,
                    {{"StreamDescriptionSummary",
                      {{"StreamName", "events"},
                       {"StreamARN", "arn:aws:kinesis:eu-west-1:123456789012:stream/events"},
                       {"StreamStatus", "ACTIVE"},
                       {"OpenShardCount", 3},
                       {"MaxRecordSizeInKiB", 10240}}}});
    });
    const auto client = client_of(server.url(), {.encoding = GetParam()});
    const auto summary = wait_for<StreamSummary>(
        [&](DescribeDone done) { client->describe_stream_summary("events", std::move(done)); });
    ASSERT_TRUE(summary.has_value()) << summary.error().message;
    EXPECT_EQ(operation_of(received), "DescribeStreamSummary");
    EXPECT_EQ(summary->status, "ACTIVE");
    EXPECT_EQ(summary->open_shard_count, 3);
    EXPECT_EQ(summary->max_record_bytes, 10U * 1024 * 1024);
}

TEST(AwsKinesis, TellsADeniedOperationWithItsMend) {
    ScriptedServer server([](ScriptedConnection& connection) {
        connection.read_request();
        answer_with_error(connection, 400, "AccessDeniedException", "User is not authorized",
                          "x-amzn-RequestId: 1234\r\n");
    });
    const auto client = client_of(server.url());
    const auto summary = wait_for<StreamSummary>(
        [&](DescribeDone done) { client->describe_stream_summary("events", std::move(done)); });
    ASSERT_FALSE(summary.has_value());
    EXPECT_EQ(summary.error().code, ErrorCode::access_denied);
    EXPECT_EQ(summary.error().service_code, "AccessDeniedException");
    EXPECT_THAT(summary.error().message, HasSubstr("kinesis:DescribeStreamSummary"));
    EXPECT_THAT(summary.error().message, HasSubstr("\"events\""));
    EXPECT_THAT(summary.error().message, HasSubstr("Request id 1234"));
}

TEST(AwsKinesis, TellsTheRegionInWhichAStreamIsMissing) {
    ScriptedServer server([](ScriptedConnection& connection) {
        while (connection.read_request()) {
            answer_with_error(connection, 400, "ResourceNotFoundException", "Stream not found.");
        }
    });
    const auto answer = put(*client_of(server.url()), two_records);
    ASSERT_FALSE(answer.has_value());
    EXPECT_THAT(answer.error().message, HasSubstr("which is " + std::string(test_region)));
}

TEST(AwsKinesis, ReadsAnErrorInXml) {
    ScriptedServer server(
        always(403,
               "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>The request "
               "signature we calculated does not match</Message></Error></ErrorResponse>"));
    const auto answer = put(*client_of(server.url()), two_records);
    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().code, ErrorCode::credentials);
    EXPECT_EQ(answer.error().service_code, "SignatureDoesNotMatch");
    EXPECT_THAT(answer.error().message, HasSubstr("we calculated does not match"));
}

TEST(AwsKinesis, AConnectionThatBreaksAfterTheRequestLeavesTheOutcomeUnknown) {
    std::atomic<int> received{0};
    ScriptedServer server([&](ScriptedConnection& connection) {
        if (connection.read_request()) ++received;
    });
    const auto answer = put(*client_of(server.url()), two_records);
    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().kind, FailureClass::transient);
    EXPECT_EQ(answer.error().code, ErrorCode::network);
    EXPECT_TRUE(answer.error().may_have_been_stored);
    EXPECT_THAT(answer.error().message, HasSubstr("PutRecords on stream \"events\": "));
    EXPECT_EQ(received, 1);
}

TEST(AwsKinesis, GivesUpAfterTheRequestsOwnTimeout) {
    ScriptedServer server([](ScriptedConnection& connection) {
        connection.read_request();
        connection.wait_for_more();
    });
    // More time for a machine that is too slow to send anything in so little.
    for (auto timeout = std::chrono::milliseconds(200);; timeout *= 5) {
        const auto answer = put(*client_of(server.url()), two_records, timeout);
        ASSERT_FALSE(answer.has_value());
        if (!answer.error().may_have_been_stored && timeout < std::chrono::minutes(1)) continue;
        EXPECT_THAT(answer.error().message, HasSubstr("within"));
        EXPECT_TRUE(answer.error().may_have_been_stored);
        break;
    }
}

// A service whose clock is an hour ahead of this machine's.
class AheadByAnHour {
  public:
    static constexpr auto ahead = std::chrono::hours(1);

    explicit AheadByAnHour(bool forgiving)
        : server_([this, forgiving](ScriptedConnection& connection) {
              while (const auto request = connection.read_request()) {
                  ++requests;
                  EXPECT_EQ(problem_of_signature(*request), "");
                  const auto now = std::chrono::system_clock::now() + ahead;
                  const std::string& date = request->headers.at("x-amz-date");
                  const bool in_window = date >= aws::amz_date(now - std::chrono::minutes(5)) &&
                                         date <= aws::amz_date(now + std::chrono::minutes(5));
                  if (in_window && forgiving) {
                      connection.answer(200, stored_answer(Encoding::cbor, 2));
                  } else {
                      answer_with_error(connection, 403, "InvalidSignatureException",
                                        "Signature expired: " + date + " is now earlier than ...",
                                        "Date: " + http_date(now) + "\r\n");
                  }
              }
          }) {}

    [[nodiscard]] std::string url() const { return server_.url(); }
    std::atomic<int> requests{0};

  private:
    static std::string http_date(std::chrono::system_clock::time_point time) {
        const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
        std::tm parts{};
        gmtime_r(&seconds, &parts);
        char text[64];
        return {text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts)};
    }

    ScriptedServer server_;
};

TEST(AwsKinesis, FollowsTheServicesClockAndKeepsItsTime) {
    AheadByAnHour service(true);
    const auto client = client_of(service.url());
    const auto first = put(*client, two_records);
    ASSERT_TRUE(first.has_value()) << first.error().message;
    EXPECT_EQ(service.requests, 2);
    ASSERT_TRUE(put(*client, two_records).has_value());
    EXPECT_EQ(service.requests, 3);
}

TEST(AwsKinesis, FollowsTheServicesClockOnceForARequestAndLeavesTheRestToALaterOne) {
    AheadByAnHour service(false);
    const auto answer = put(*client_of(service.url()), two_records);
    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().kind, FailureClass::transient);
    EXPECT_EQ(answer.error().code, ErrorCode::credentials);
    EXPECT_THAT(answer.error().message, HasSubstr("Set this machine's clock."));
    EXPECT_FALSE(answer.error().may_have_been_stored);
    EXPECT_EQ(service.requests, 2);
}

TEST(AwsKinesis, DoesNotSendAgainWhenTheServiceDoesNotTellItsTime) {
    std::atomic<int> requests{0};
    ScriptedServer server([&](ScriptedConnection& connection) {
        while (connection.read_request()) {
            ++requests;
            answer_with_error(connection, 403, "InvalidSignatureException", "Signature expired");
        }
    });
    const auto answer = put(*client_of(server.url()), two_records);
    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().kind, FailureClass::final);
    EXPECT_EQ(requests, 1);
}

// Temporary credentials that expire and are renewed, each time but the last.
class Renewed final : public aws::CredentialsProvider {
  public:
    explicit Renewed(int renewals) : renewals_left_(renewals) {}

    Expected<std::shared_ptr<const aws::Credentials>, Error> current() override {
        const std::lock_guard lock(mutex_);
        return current_;
    }
    aws::Renewal renew(const aws::Credentials& expired, aws::Refusal) override {
        const std::lock_guard lock(mutex_);
        if (&expired != current_.get()) return aws::Renewal::renewed;
        if (renewals_left_ == 0) return aws::Renewal::impossible;
        --renewals_left_;
        current_ = make(++generation_);
        return aws::Renewal::renewed;
    }

    static std::string token(int generation) { return "token-" + std::to_string(generation); }

  private:
    static std::shared_ptr<const aws::Credentials> make(int generation) {
        return aws::given_credentials(test_key_id, test_secret, token(generation))
            .value()
            ->current()
            .value();
    }

    std::mutex mutex_;
    int generation_ = 1;
    int renewals_left_;
    std::shared_ptr<const aws::Credentials> current_ = make(1);
};

// Takes requests that are signed with a token of this generation or a later one.
struct TakesTokensFrom {
    explicit TakesTokensFrom(int generation)
        : server([this, generation](http::ScriptedConnection& connection) {
              while (const auto request = connection.read_request()) {
                  ++requests;
                  const std::string& token = request->headers.at("x-amz-security-token");
                  if (token < Renewed::token(generation)) {
                      answer_with_error(connection, 400, "ExpiredTokenException", "expired");
                  } else {
                      connection.answer(200, stored_answer(Encoding::cbor, 2));
                  }
              }
          }) {}

    std::shared_ptr<AwsKinesis> client(int renewals) const {
        return std::make_shared<AwsKinesis>(AwsKinesis::Parts{
            .service = {aws::parse_endpoint(server.url(), "test").value(), test_region},
            .credentials = std::make_shared<Renewed>(renewals),
            .transport = {.user_agent = "lk-test"}});
    }

    std::atomic<int> requests{0};
    http::ScriptedServer server;
};

TEST(AwsKinesis, SendsAgainOnceWithRenewedCredentials) {
    TakesTokensFrom service(2);
    const auto client = service.client(1);
    const auto answer = put(*client, two_records);
    ASSERT_TRUE(answer.has_value()) << answer.error().message;
    EXPECT_EQ(service.requests, 2);
    ASSERT_TRUE(put(*client, two_records).has_value());
    EXPECT_EQ(service.requests, 3);
}

TEST(AwsKinesis, DoesNotSendAgainWithCredentialsThatExpireAtOnce) {
    TakesTokensFrom service(9);
    const auto answer = put(*service.client(5), two_records);
    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().code, ErrorCode::credentials);
    EXPECT_EQ(service.requests, 2);
}

TEST(AwsKinesis, DoesNotSendAgainWhenThereAreNoOtherCredentials) {
    TakesTokensFrom service(2);
    const auto answer = put(*service.client(0), two_records);
    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().code, ErrorCode::credentials);
    EXPECT_FALSE(answer.error().may_have_been_stored);
    EXPECT_EQ(service.requests, 1);
}

}  // namespace
}  // namespace lk::kinesis
