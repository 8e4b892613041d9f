#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <map>
#include <mutex>

#include "aws/test_environment.hpp"
#include "aws/test_files.hpp"
#include "http/test_certificates.hpp"
#include "kinesis/test_client.hpp"

namespace lk::kinesis {
namespace {

using aws::environment_of;
using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

const AwsCredentials given = {test_key_id, test_secret};

Error refusal_of(const AwsKinesisOptions& options, const aws::Environment& environment) {
    auto client = open_aws_client(detail::settings_of(options), environment);
    return client ? Error{.message = "it was opened"} : client.error();
}

auto is_bad_option(const std::string& message) {
    return AllOf(testing::Field(&Error::code, ErrorCode::bad_option),
                 testing::Field(&Error::message, HasSubstr(message)));
}

TEST(OpenAwsKinesis, NeedsCredentials) {
    const Error error = refusal_of({.region = "eu-west-1"},
                                   environment_of({{"AWS_EC2_METADATA_DISABLED", "true"}}));
    EXPECT_EQ(error.code, ErrorCode::credentials);
    EXPECT_THAT(error.message, HasSubstr("AWS_ACCESS_KEY_ID"));
}

TEST(OpenAwsKinesis, NeedsARegion) {
    const Error error = refusal_of({.credentials = given}, environment_of({}));
    EXPECT_EQ(error.code, ErrorCode::bad_option);
    EXPECT_THAT(error.message, HasSubstr("no AWS region"));
}

TEST(OpenAwsKinesis, RefusesOptionsOutOfRangeByName) {
    const AwsKinesisOptions good = {.region = "eu-west-1", .credentials = given};
    for (const auto timeout : {std::chrono::milliseconds(0), std::chrono::milliseconds(-1),
                               std::chrono::milliseconds(600'001)}) {
        AwsKinesisOptions options = good;
        options.connect_timeout = timeout;
        EXPECT_THAT(refusal_of(options, environment_of({})),
                    is_bad_option("connect_timeout: " + std::to_string(timeout.count())));
        options = good;
        options.request_timeout = timeout;
        EXPECT_THAT(refusal_of(options, environment_of({})),
                    is_bad_option("request_timeout: " + std::to_string(timeout.count())));
    }
    for (const auto age : {std::chrono::seconds(0), std::chrono::seconds(86'401)}) {
        AwsKinesisOptions options = good;
        options.max_connection_age = age;
        EXPECT_THAT(refusal_of(options, environment_of({})),
                    is_bad_option("max_connection_age: " + std::to_string(age.count())));
    }
    AwsKinesisOptions options = good;
    options.ca_bundle = "/no/such/file.pem";
    EXPECT_THAT(refusal_of(options, environment_of({})),
                is_bad_option("option ca_bundle: the file \"/no/such/file.pem\""));
    options = good;
    options.profile = "none";
    EXPECT_THAT(refusal_of(options, environment_of({})),
                is_bad_option("option profile: the profile \"none\""));
    options = good;
    options.proxy = "user:hunter2@proxy:1";
    EXPECT_THAT(refusal_of(options, environment_of({})),
                AllOf(is_bad_option("option proxy: it does not begin with http"),
                      testing::Field(&Error::message, Not(HasSubstr("hunter2")))));
    options = good;
    options.endpoint = "http://localhost:4567";
    options.use_fips = true;
    EXPECT_THAT(refusal_of(options, environment_of({})), is_bad_option("option use_fips"));
}

TEST(OpenAwsKinesis, FindsABadCaBundleInTheEnvironment) {
    EXPECT_THAT(refusal_of({.region = "eu-west-1", .credentials = given},
                           environment_of({{"AWS_CA_BUNDLE", "/no/such/file.pem"}})),
                is_bad_option("AWS_CA_BUNDLE: the file \"/no/such/file.pem\""));
}

// A program that was compiled with a header of before those options.
TEST(OpenAwsKinesis, ReadsNoMoreOfItsSettingsThanTheCallerHas) {
    const AwsKinesisOptions options = {
        .region = "eu-west-1", .credentials = given, .profile = "none", .proxy = "none"};
    auto settings = detail::settings_of(options);
    EXPECT_FALSE(open_aws_client(settings, environment_of({})).has_value());
    settings.size = offsetof(detail::AwsKinesisSettings, profile);
    EXPECT_TRUE(open_aws_client(settings, environment_of({})).has_value());
}

TEST(OpenAwsKinesis, AsksTheMachineForTheRegionLast) {
    const AwsKinesisOptions options = {.credentials = given};
    const auto settings = detail::settings_of(options);
    EXPECT_TRUE(open_aws_client(settings, environment_of({}), [] { return "eu-west-1"; }));
    EXPECT_FALSE(open_aws_client(settings, environment_of({}), [] { return ""; }));
}

TEST(OpenAwsKinesis, AsksTheMachineWhereTheProfileOfTheOptionSays) {
    http::ScriptedServer machine([](http::ScriptedConnection& connection) {
        while (const auto asked = connection.read_request()) {
            const bool wants_token = asked->first_line.starts_with("PUT ");
            connection.answer(200, wants_token ? "token" : "eu-south-2");
        }
    });
    const aws::TemporaryFolder files;
    const auto environment = environment_of(
        {{"AWS_SHARED_CREDENTIALS_FILE", "/dev/null"},
         {"AWS_METADATA_SERVICE_TIMEOUT", "60"},
         {"AWS_CONFIG_FILE",
          files.write("config", "[profile on-ec2]\nec2_metadata_service_endpoint = " +
                                    machine.url() + "\n")}});
    EXPECT_EQ(region_of_machine(environment, "on-ec2")(), "eu-south-2");
}

TEST(OpenAwsKinesis, AsksForCredentialsThroughTheProxyOfTheOption) {
    std::mutex mutex;
    std::string asked;
    http::ScriptedServer proxy([&](http::ScriptedConnection& connection) {
        while (const auto request = connection.read_request()) {
            const std::lock_guard lock(mutex);
            asked = request->first_line;
            connection.answer(403, "no");
        }
    });
    const aws::TemporaryFolder files;
    const Error error =
        refusal_of({.region = "eu-west-1", .proxy = proxy.url()},
                   environment_of({{"AWS_WEB_IDENTITY_TOKEN_FILE", files.write("token", "eyJ")},
                                   {"AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/r"},
                                   {"AWS_ENDPOINT_URL_STS", "http://sts.example"}}));
    EXPECT_THAT(error.message, HasSubstr("403"));
    const std::lock_guard lock(mutex);
    EXPECT_EQ(asked, "POST http://sts.example/ HTTP/1.1");
}

TEST(OpenAwsKinesis, OpensNoConnectionYet) {
    http::ScriptedServer server([](http::ScriptedConnection&) {});
    {
        const auto client =
            open_aws_client(detail::settings_of({.endpoint = server.url(), .credentials = given}),
                            environment_of({}));
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
    const auto client = open_aws_client(detail::settings_of({.wire_format = WireFormat::json}),
                                        environment_of({{"AWS_ENDPOINT_URL_KINESIS", server.url()},
                                                        {"AWS_REGION", test_region},
                                                        {"AWS_ACCESS_KEY_ID", test_key_id},
                                                        {"AWS_SECRET_ACCESS_KEY", test_secret},
                                                        {"AWS_SDK_UA_APP_ID", "my shop"},
                                                        {"AWS_SESSION_TOKEN", "token"}}));
    ASSERT_TRUE(client.has_value()) << client.error().message;
    EXPECT_FALSE(
        put(**client, {{.data = "x", .partition_key = "k", .explicit_hash_key = {}, .cbor = {}}})
            .has_value());
    EXPECT_EQ(received.headers["content-type"], "application/x-amz-json-1.1");
    EXPECT_EQ(received.headers["x-amz-security-token"], "token");
    EXPECT_THAT(received.headers["user-agent"],
                testing::MatchesRegex("lk-dispatch/[0-9.]+ ua/2\\.1 os/linux#[^ ]+ lang/c\\+\\+#20 "
                                      "app/my-shop"));
    EXPECT_EQ(problem_of_signature(received), "");
}

TEST(OpenAwsKinesis, SeveralInOneProcessKeepToTheirOwnCredentials) {
    std::mutex mutex;
    std::map<std::string, std::string> key_of_stream;
    http::ScriptedServer server([&](http::ScriptedConnection& connection) {
        while (const auto request = connection.read_request()) {
            const std::string& by = request->headers.at("authorization");
            const auto at = by.find("Credential=") + 11;
            {
                const std::lock_guard lock(mutex);
                key_of_stream[message_of(*request).at("StreamName")] +=
                    by.substr(at, by.find('/', at) - at) + " ";
            }
            answer_with_error(connection, 400, "ResourceNotFoundException", "none");
        }
    });
    std::vector<std::shared_ptr<AwsKinesis>> tenants;
    for (int i = 0; i < 5; ++i) {
        const std::string number = std::to_string(i);
        tenants.push_back(
            open_aws_client(detail::settings_of({.endpoint = server.url(),
                                                 .credentials = {{"KEY" + number, "s" + number}}}),
                            environment_of({}))
                .value());
    }
    for (int round = 0; round < 2; ++round) {
        for (int i = 0; i < 5; ++i) {
            (void)wait_for<StreamSummary>([&](DescribeDone done) {
                tenants[static_cast<std::size_t>(i)]->describe_stream_summary(
                    "stream" + std::to_string(i), std::move(done));
            });
        }
    }
    const std::lock_guard lock(mutex);
    for (int i = 0; i < 5; ++i) {
        const std::string key = "KEY" + std::to_string(i) + " ";
        EXPECT_EQ(key_of_stream["stream" + std::to_string(i)], key + key);
    }
}

Expected<StreamSummary, Failure> describe_at(const std::string& endpoint,
                                             std::chrono::milliseconds request_timeout) {
    const AwsKinesisOptions options = {
        .endpoint = endpoint, .credentials = given, .request_timeout = request_timeout};
    const auto client = open_aws_client(detail::settings_of(options), environment_of({})).value();
    return wait_for<StreamSummary>(
        [&](DescribeDone done) { client->describe_stream_summary("events", std::move(done)); });
}

TEST(OpenAwsKinesis, WaitsForAnAnswerNoLongerThanTheOptionSays) {
    http::ScriptedServer server([](http::ScriptedConnection& connection) {
        (void)connection.read_request();
        (void)connection.read_request();
    });
    const auto summary = describe_at(server.url(), std::chrono::milliseconds(50));
    ASSERT_FALSE(summary.has_value());
    EXPECT_EQ(summary.error().kind, FailureClass::transient);
    // The latter where the machine was too slow to connect within that time.
    EXPECT_THAT(summary.error().message,
                AnyOf(HasSubstr("within 50 ms"), HasSubstr("no connection")));
}

TEST(OpenAwsKinesis, CutsOffAnAnswerThatIsLargerThanSensible) {
    const std::string answer(2 * 1024 * 1024, ' ');
    http::ScriptedServer server([&](http::ScriptedConnection& connection) {
        (void)connection.read_request();
        connection.answer(200, answer);
    });
    const auto summary = describe_at(server.url(), std::chrono::minutes(1));
    ASSERT_FALSE(summary.has_value());
    EXPECT_THAT(summary.error().message, HasSubstr("over the limit of 1048576 bytes"));
}

TEST(OpenAwsKinesis, IsWhatThePublicFunctionCalls) {
    const auto client = try_aws_kinesis({.endpoint = "http://127.0.0.1:1", .credentials = given});
    ASSERT_TRUE(client.has_value()) << client.error().message;
    EXPECT_THROW((void)aws_kinesis({.endpoint = "no URL", .credentials = given}), DispatchError);
}

}  // namespace
}  // namespace lk::kinesis
