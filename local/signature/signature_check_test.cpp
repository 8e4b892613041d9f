#include "local/signature/signature_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <lk/local_kinesis.hpp>

#include <future>
#include <string>
#include <utility>
#include <vector>

#include "aws/sigv4.hpp"
#include "local/http/raw_client.hpp"
#include "local/server.hpp"

namespace lk::local {
namespace {

using testing::HasSubstr;
using Time = std::chrono::system_clock::time_point;

const Time noon = std::chrono::sys_days(std::chrono::year(2026) / 11 / 25) + std::chrono::hours(12);

AwsCredentials keys(const char* token = "") {
    return {.access_key_id = "AKIDEXAMPLE",
            .secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            .session_token = token};
}

SignatureCheck check_of(AwsCredentials credentials, Time now = noon) {
    return SignatureCheck::of(credentials, [now] { return now; }).value();
}

/// A request that a client signed; its parts may be changed afterwards.
struct Sent {
    explicit Sent(const AwsCredentials& by, Time time = noon, const std::string& path = "/",
                  const std::string& service = "kinesis")
        : target(path) {
        const std::vector<aws::Header> before(headers_of(headers));
        const std::size_t query = std::min(path.find('?'), path.size());
        const aws::RequestToSign request{
            .path = std::string_view(path).substr(0, query),
            .query = std::string_view(path).substr(std::min(query + 1, path.size())),
            .headers = before,
            .body_hash = aws::sha256(body)};
        const aws::Credentials credentials{by.access_key_id, aws::Secret(by.secret_access_key),
                                           aws::Secret(by.session_token)};
        for (auto& header : aws::Signer("eu-west-1", service).sign(request, credentials, time)) {
            headers.push_back(std::move(header));
        }
    }

    static std::vector<aws::Header> headers_of(
        const std::vector<std::pair<std::string, std::string>>& pairs) {
        std::vector<aws::Header> views;
        for (const auto& [name, value] : pairs) views.push_back({name, value});
        return views;
    }

    std::string& header(std::string_view name) {
        for (auto& [own, value] : headers) {
            if (own == name) return value;
        }
        return headers.emplace_back(name, "").second;
    }
    void remove(std::string_view name) {
        std::erase_if(headers, [&](const auto& header) { return header.first == name; });
    }

    [[nodiscard]] std::optional<Refusal> checked_by(const SignatureCheck& check) const {
        const auto views = headers_of(headers);
        return check.check({.method = method, .target = target, .headers = views, .body = body});
    }

    std::string method = "POST";
    std::string target;
    std::vector<std::pair<std::string, std::string>> headers = {
        {"Host", "localhost:4567"},
        {"Content-Type", "application/x-amz-json-1.1"},
        {"X-Amz-Target", "Kinesis_20131202.ListStreams"}};
    std::string body = "{}";
};

std::string verdict(const SignatureCheck& check, const Sent& sent) {
    const auto refusal = sent.checked_by(check);
    if (!refusal) return "taken";
    EXPECT_EQ(refusal->status, 400);
    return refusal->code + ": " + refusal->message;
}

constexpr const char* mismatch = "InvalidSignatureException: The request signature we calculated";
constexpr const char* unknown =
    "UnrecognizedClientException: The security token included in the request is invalid.";

TEST(SignatureCheck, TakesWhatIsSignedWithTheKeys) {
    EXPECT_EQ(verdict(check_of(keys()), Sent(keys())), "taken");
    EXPECT_EQ(verdict(check_of(keys("token")), Sent(keys("token"))), "taken");
    for (const char* path : {"/a/../b//c", "/with%20escape/ü", "/?b=2&a=1&a=0&c", "/p?x=%2F+"}) {
        EXPECT_EQ(verdict(check_of(keys()), Sent(keys(), noon, path)), "taken") << path;
    }
}

TEST(SignatureCheck, RefusesAnotherSecret) {
    AwsCredentials other = keys();
    other.secret_access_key += "x";
    EXPECT_THAT(verdict(check_of(keys()), Sent(other)), HasSubstr(mismatch));
}

TEST(SignatureCheck, RefusesWhatWasChangedOnTheWay) {
    const auto check = check_of(keys("token"));
    const auto changed = [&](auto change) {
        Sent sent(keys("token"));
        change(sent);
        return verdict(check, sent);
    };
    EXPECT_THAT(changed([](Sent& sent) { sent.body = "{ }"; }), HasSubstr(mismatch));
    EXPECT_THAT(changed([](Sent& sent) { sent.method = "PUT"; }), HasSubstr(mismatch));
    EXPECT_THAT(changed([](Sent& sent) { sent.target = "/other"; }), HasSubstr(mismatch));
    EXPECT_THAT(changed([](Sent& sent) { sent.target = "/?a=b"; }), HasSubstr(mismatch));
    EXPECT_THAT(changed([](Sent& sent) { sent.header("Host") = "elsewhere"; }),
                HasSubstr(mismatch));
    EXPECT_THAT(changed([](Sent& sent) { sent.header("X-Amz-Target") = "Kinesis_20131202.X"; }),
                HasSubstr(mismatch));
    EXPECT_THAT(changed([](Sent& sent) { sent.remove("Content-Type"); }), HasSubstr(mismatch));
    EXPECT_THAT(changed([](Sent& sent) { sent.header("Authorization").back() ^= 1; }),
                HasSubstr(mismatch));
    EXPECT_THAT(changed([](Sent& sent) { sent.header("Authorization").pop_back(); }),
                HasSubstr(mismatch));
    // What is not signed may come and go, as proxies have it.
    EXPECT_EQ(changed([](Sent& sent) { sent.header("Via") = "1.1 proxy"; }), "taken");
}

TEST(SignatureCheck, RefusesAnotherKeyOrToken) {
    AwsCredentials other = keys();
    other.access_key_id = "AKIDOTHER";
    EXPECT_EQ(verdict(check_of(keys()), Sent(other)), unknown);
    EXPECT_EQ(verdict(check_of(keys()), Sent(keys("token"))), unknown);
    EXPECT_EQ(verdict(check_of(keys("token")), Sent(keys())), unknown);
    EXPECT_EQ(verdict(check_of(keys("token")), Sent(keys("older"))), unknown);
}

TEST(SignatureCheck, RefusesWhatIsNotSigned) {
    Sent sent(keys());
    sent.remove("Authorization");
    EXPECT_EQ(verdict(check_of(keys()), sent),
              "MissingAuthenticationTokenException: Missing Authentication Token");
}

TEST(SignatureCheck, TakesFiveMinutesEitherWayAndTellsItsOwnTime) {
    using namespace std::chrono_literals;
    const auto check = check_of(keys());
    EXPECT_EQ(verdict(check, Sent(keys(), noon - 5min)), "taken");
    EXPECT_EQ(verdict(check, Sent(keys(), noon + 5min)), "taken");
    EXPECT_EQ(verdict(check, Sent(keys(), noon - 5min - 1s)),
              "InvalidSignatureException: Signature expired: 20261125T115459Z is now earlier than "
              "20261125T115500Z (20261125T120000Z - 5 min.)");
    EXPECT_EQ(verdict(check, Sent(keys(), noon + 5min + 1s)),
              "InvalidSignatureException: Signature not yet current: 20261125T120501Z is still "
              "later than 20261125T120500Z (20261125T120000Z + 5 min.)");
}

TEST(SignatureCheck, TakesTheDateHeaderWhereThereIsNoOther) {
    Sent sent(keys());
    sent.remove("X-Amz-Date");
    EXPECT_EQ(verdict(check_of(keys()), sent),
              "IncompleteSignatureException: Authorization header requires existence of either a "
              "'X-Amz-Date' or a 'Date' header.");
    sent.header("Date") = "Wed, 25 Nov 2026 12:00:00 GMT";
    // The date is well, but another header was signed.
    EXPECT_THAT(verdict(check_of(keys()), sent), HasSubstr(mismatch));
}

TEST(SignatureCheck, RefusesADateThatIsNone) {
    for (const char* date : {"20261125", "20261125T120000", "20261125T1200-1Z", "20261125T126000Z",
                             "20261125t120000Z", "2026112xT120000Z"}) {
        Sent sent(keys());
        sent.header("X-Amz-Date") = date;
        const std::string said = verdict(check_of(keys()), sent);
        EXPECT_TRUE(said.starts_with("IncompleteSignatureException: Date must be in") ||
                    said.starts_with("InvalidSignatureException: Date in Credential scope"))
            << said;
    }
    for (const char* date : {"99991231T235959Z", "00010101T000000Z", "20261332T000000Z"}) {
        Sent sent(keys());
        sent.header("X-Amz-Date") = date;
        std::string& authorization = sent.header("Authorization");
        authorization.replace(authorization.find("20261125"), 8, std::string(date, 8));
        EXPECT_NE(verdict(check_of(keys()), sent), "taken");
    }
}

TEST(SignatureCheck, RefusesAScopeThatIsNotItsOwn) {
    EXPECT_THAT(verdict(check_of(keys()), Sent(keys(), noon, "/", "dynamodb")),
                HasSubstr("scoped to correct service: 'kinesis'"));
    const auto changed = [](std::string_view from, std::string_view to) {
        Sent sent(keys());
        std::string& authorization = sent.header("Authorization");
        authorization.replace(authorization.find(from), from.size(), to);
        return verdict(check_of(keys()), sent);
    };
    EXPECT_THAT(changed("20261125", "20261124"), HasSubstr("'20261124' != '20261125'"));
    EXPECT_THAT(changed("eu-west-1", ""), HasSubstr("scoped to a valid region"));
    EXPECT_THAT(changed("eu-west-1", "eu-west-2"), HasSubstr(mismatch));
    EXPECT_THAT(changed("aws4_request", "aws5_request"), HasSubstr("valid terminator"));
    EXPECT_THAT(changed("host;", ""), HasSubstr("must be a 'SignedHeader'"));
    EXPECT_THAT(changed("host;", "host;never-sent;"), HasSubstr(mismatch));
}

TEST(SignatureCheck, RefusesKeysThatAreNone) {
    AwsCredentials none = keys();
    none.secret_access_key.clear();
    EXPECT_THAT(SignatureCheck::of(none).error().message,
                HasSubstr("option credentials: secret_access_key is empty"));
    AwsCredentials torn = keys("to\nken");
    const auto refused = SignatureCheck::of(torn);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::bad_option);
    EXPECT_THAT(refused.error().message, Not(HasSubstr("ken has")));
    EXPECT_FALSE(try_local_kinesis({.credentials = AwsCredentials{}}));
}

Expected<PutRecordsAnswer, Failure> put(KinesisClient& client) {
    const std::vector<Record> records = {
        {.data = "d", .partition_key = "k", .explicit_hash_key = {}, .cbor = {}}};
    std::promise<Expected<PutRecordsAnswer, Failure>> promise;
    client.put_records(
        {.stream = "s", .records = records, .timeout = std::chrono::seconds(30)},
        [&](Expected<PutRecordsAnswer, Failure> answer) { promise.set_value(std::move(answer)); });
    return promise.get_future().get();
}

TEST(SignatureCheck, StandsBeforeTheWholeServer) {
    for (const bool tls : {false, true}) {
        const auto kinesis =
            local_kinesis({.streams = {{"s", 1}}, .tls = tls, .credentials = keys("token")});
        const auto own = put(*kinesis);
        ASSERT_TRUE(own) << own.error().message;
        if (tls) continue;
        for (const WireFormat format : {WireFormat::cbor, WireFormat::json}) {
            const auto client = [&](const AwsCredentials& credentials) {
                return aws_kinesis({.region = "ap-south-2",
                                    .endpoint = kinesis->endpoint(),
                                    .credentials = credentials,
                                    .wire_format = format});
            };
            EXPECT_TRUE(put(*client(keys("token"))));
            AwsCredentials wrong = keys("token");
            wrong.secret_access_key = "wrong";
            const auto refused = put(*client(wrong));
            ASSERT_FALSE(refused);
            EXPECT_EQ(refused.error().code, ErrorCode::credentials);
            EXPECT_EQ(refused.error().service_code, "InvalidSignatureException");
            EXPECT_EQ(put(*client(keys())).error().service_code, "UnrecognizedClientException");
        }
        EXPECT_EQ(kinesis->records("s").value().size(), 3U);
    }
}

TEST(SignatureCheck, RefusesBeforeTheFaultPlanCountsAndKeepsTheConnection) {
    auto server =
        Server::start({.streams = {{"s", 1}},
                       .faults = R"({"rules": [{"times": 1, "do": {"reset": "before_commit"}}]})",
                       .credentials = keys()});
    ASSERT_TRUE(server) << server.error().message;
    RawClient client((*server)->port());
    for (int twice = 0; twice < 2; ++twice) {
        client.send(post("ListStreams", "{}"));
        const RawAnswer answer = client.read_answer();
        EXPECT_EQ(answer.status, 400);
        EXPECT_THAT(answer.body, HasSubstr(R"("__type":"MissingAuthenticationTokenException")"));
    }
    // A body in chunks goes another way, to the same door.
    client.send(
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-amz-json-1.1\r\n"
        "X-Amz-Target: Kinesis_20131202.ListStreams\r\nTransfer-Encoding: chunked\r\n\r\n"
        "2\r\n{}\r\n0\r\n\r\n");
    EXPECT_THAT(client.read_answer().body, HasSubstr("MissingAuthenticationTokenException"));
}

}  // namespace
}  // namespace lk::local
