#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/test_environment.hpp"
#include "http/test_certificates.hpp"
#include "kinesis/test_client.hpp"

namespace lk::kinesis {
namespace {

using aws::environment_of;
using testing::HasSubstr;

// What the public header's inline code makes of its options.
detail::AwsKinesisSettings settings_of(const AwsKinesisOptions& options) {
    detail::AwsKinesisSettings settings;
    settings.region = options.region;
    settings.endpoint = options.endpoint;
    if (options.credentials) {
        settings.access_key_id = &options.credentials->access_key_id;
        settings.secret_access_key = &options.credentials->secret_access_key;
        settings.session_token = &options.credentials->session_token;
    }
    settings.json = options.wire_format == WireFormat::json;
    settings.connect_timeout_ms = options.connect_timeout.count();
    settings.ca_bundle = options.ca_bundle;
    return settings;
}

const AwsCredentials given = {test_key_id, test_secret};

Error refusal_of(const AwsKinesisOptions& options, const aws::Environment& environment) {
    auto client = open_aws_client(settings_of(options), environment);
    return client ? Error{.message = "it was opened"} : client.error();
}

TEST(OpenAwsKinesis, NeedsCredentials) {
    const Error error = refusal_of({.region = "eu-west-1"}, environment_of({}));
    EXPECT_EQ(error.code, ErrorCode::credentials);
    EXPECT_THAT(error.message, HasSubstr("AWS_ACCESS_KEY_ID"));
}

TEST(OpenAwsKinesis, NeedsARegion) {
    const Error error = refusal_of({.credentials = given}, environment_of({}));
    EXPECT_EQ(error.code, ErrorCode::bad_option);
    EXPECT_THAT(error.message, HasSubstr("no AWS region"));
}

TEST(OpenAwsKinesis, RefusesOptionsOutOfRangeByName) {
    for (const auto timeout : {std::chrono::milliseconds(0), std::chrono::milliseconds(-1),
                               std::chrono::milliseconds(600'001)}) {
        const Error error =
            refusal_of({.region = "eu-west-1", .credentials = given, .connect_timeout = timeout},
                       environment_of({}));
        EXPECT_EQ(error.code, ErrorCode::bad_option);
        EXPECT_THAT(error.message,
                    HasSubstr("connect_timeout: " + std::to_string(timeout.count())));
    }
    const http::TemporaryFile empty("");
    for (const std::string& path : {std::string("/no/such/file.pem"), empty.path()}) {
        const Error error = refusal_of(
            {.region = "eu-west-1", .credentials = given, .ca_bundle = path}, environment_of({}));
        EXPECT_EQ(error.code, ErrorCode::bad_option);
        EXPECT_THAT(error.message, HasSubstr("ca_bundle: the file \"" + path + "\""));
    }
}

TEST(OpenAwsKinesis, OpensNoConnectionYet) {
    http::ScriptedServer server([](http::ScriptedConnection&) {});
    {
        const auto client = open_aws_client(
            settings_of({.endpoint = server.url(), .credentials = given}), environment_of({}));
        EXPECT_TRUE(client.has_value());
    }
    EXPECT_EQ(server.connections(), 0U);
}

TEST(OpenAwsKinesis, SpeaksAsTheOptionsAndTheEnvironmentSay) {
    http::ReceivedRequest received;
    http::ScriptedServer server([&](http::ScriptedConnection& connection) {
        received = *connection.read_request();
        connection.answer(500, "");
    });
    const auto client = open_aws_client(settings_of({.wire_format = WireFormat::json}),
                                        environment_of({{"AWS_ENDPOINT_URL_KINESIS", server.url()},
                                                        {"AWS_REGION", test_region},
                                                        {"AWS_ACCESS_KEY_ID", test_key_id},
                                                        {"AWS_SECRET_ACCESS_KEY", test_secret},
                                                        {"AWS_SESSION_TOKEN", "token"}}));
    ASSERT_TRUE(client.has_value()) << client.error().message;
    EXPECT_FALSE(
        put(**client, {{.data = "x", .partition_key = "k", .explicit_hash_key = {}, .cbor = {}}})
            .has_value());
    EXPECT_EQ(received.headers["content-type"], "application/x-amz-json-1.1");
    EXPECT_EQ(received.headers["x-amz-security-token"], "token");
    EXPECT_THAT(received.headers["user-agent"],
                testing::MatchesRegex("lk-dispatch/[0-9.]+ lang/c\\+\\+20 os/linux"));
    EXPECT_EQ(problem_of_signature(received), "");
}

TEST(OpenAwsKinesis, IsWhatThePublicFunctionCalls) {
    const auto client = try_aws_kinesis({.endpoint = "http://127.0.0.1:1", .credentials = given});
    ASSERT_TRUE(client.has_value()) << client.error().message;
    EXPECT_THROW((void)aws_kinesis({.endpoint = "no URL", .credentials = given}), DispatchError);
}

}  // namespace
}  // namespace lk::kinesis
