#include "credentials/role_sources.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "credentials/sts_answer.hpp"
#include "credentials/test_far_end.hpp"
#include "credentials/timestamp.hpp"

namespace lk::credentials {
namespace {

std::string answer(std::string_view action, std::string_view expiration = "2026-09-21T15:13:20Z") {
    const std::string name(action);
    return "<" + name + "Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  <" +
           name +
           "Result>\n    <AssumedRoleUser><Arn>arn:aws:sts::111122223333:assumed-role/r/s"
           "</Arn><AssumedRoleId>ARO123:s</AssumedRoleId></AssumedRoleUser>\n    <Credentials>\n"
           "<AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>" +
           std::string(secret_key) + "</SecretAccessKey><SessionToken>" +
           std::string(secret_token) + "</SessionToken><Expiration>" + std::string(expiration) +
           "</Expiration></Credentials></" + name +
           "Result><ResponseMetadata><RequestId>c6104cbe"
           "</RequestId></ResponseMetadata></" +
           name + "Response>";
}

constexpr const char* denied =
    "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>"
    "<Code>AccessDenied</Code><Message>User: arn:aws:iam::1:user/u is not authorized to perform: "
    "sts:AssumeRole</Message></Error><RequestId>4f0f</RequestId></ErrorResponse>";

std::unique_ptr<Source> own_keys() {
    return std::make_unique<FixedSource>(Given{"AKIDBASE", secret_key, {}}, "test");
}

struct Sts {
    FarEnd::Answer answer_with{200, answer("AssumeRole")};
    World world;
    FarEnd service{[this](const auto&) { return answer_with; }};
    Role role{.arn = "arn:aws:iam::111122223333:role/events", .session_name = "me"};

    Sts() { world.variables["AWS_ENDPOINT_URL_STS"] = service.url(); }

    Expected<Fetched, Error> assume() {
        return RoleSource(role, own_keys(), "role_arn in [profile dev]", world.shared()).fetch();
    }
};

TEST(RoleSource, AsksStsSignedWithTheCredentialsOfItsBase) {
    Sts sts;
    sts.role.external_id = "a b&c=d";
    sts.role.duration = std::chrono::seconds(900);
    const auto fetched = sts.assume();
    ASSERT_TRUE(fetched) << fetched.error().message;
    EXPECT_EQ(fetched->credentials.access_key_id, "ASIAROLE");
    EXPECT_EQ(fetched->credentials.secret_access_key.reveal(), secret_key);
    EXPECT_EQ(fetched->credentials.session_token.reveal(), secret_token);
    EXPECT_EQ(timestamp(fetched->expires.value()), "2026-09-21T15:13:20Z");
    EXPECT_EQ(fetched->account_id, "111122223333");
    const auto request = sts.service.requests().at(0);
    EXPECT_EQ(request.first_line, "POST / HTTP/1.1");
    EXPECT_EQ(request.body,
              "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3A"
              "role%2Fevents&RoleSessionName=me&ExternalId=a%20b%26c%3Dd&DurationSeconds=900");
    const std::string& signature = request.headers.at("authorization");
    EXPECT_TRUE(
        signature.starts_with("AWS4-HMAC-SHA256 Credential=AKIDBASE/20260921/eu-west-1/sts/"
                              "aws4_request, "))
        << signature;
    EXPECT_EQ(request.headers.at("x-amz-date"), "20260921T141320Z");
}

TEST(RoleSource, MakesASessionNameUp) {
    Sts sts;
    sts.role.session_name.clear();
    ASSERT_TRUE(sts.assume());
    EXPECT_NE(sts.service.requests().at(0).body.find("&RoleSessionName=lk-dispatch-1790000000"),
              std::string::npos);
}

TEST(RoleSource, SaysWhatIsWrong) {
    struct Case {
        FarEnd::Answer answer;
        std::initializer_list<std::string_view> words;
    };
    const Case cases[] = {
        {{403, denied},
         {"role_arn in [profile dev]", "AccessDenied", "trust policy", "role/events"}},
        {{400, "garbage"}, {"HTTP 400"}},
        {{500, denied}, {"HTTP 500"}},
        {{200, "<a><b>"}, {"not one of its own"}},
        {{200, "{}"}, {"not one of its own"}},
        {{200, answer("AssumeRole", "soon")}, {"not one of its own"}},
        {{307, "", "Location: http://127.0.0.1:1/\r\n"}, {"HTTP 307"}},
        {{200, "<!DOCTYPE x [<!ENTITY e \"eeee\">]>" + answer("AssumeRole")},
         {"not one of its own"}},
    };
    for (const auto& one : cases) {
        Sts sts;
        sts.answer_with = one.answer;
        expect_refused(sts.assume(), one.words);
    }
}

std::string refusal_xml(std::string_view code, std::string_view message) {
    return "<ErrorResponse><Error><Type>Sender</Type><Code>" + std::string(code) +
           "</Code><Message>" + std::string(message) + "</Message></Error></ErrorResponse>";
}

// STS says so with status 400, as if the request itself were wrong.
TEST(RoleSource, AsksAgainWhenStsIsOnlyBusy) {
    for (const char* code :
         {"Throttling", "ThrottlingException", "IDPCommunicationError", "InvalidIdentityToken"}) {
        Sts sts;
        int asked = 0;
        FarEnd service([&](const auto&) {
            return ++asked < 3 ? FarEnd::Answer{400, refusal_xml(code, "Rate exceeded")}
                               : FarEnd::Answer{200, answer("AssumeRole")};
        });
        sts.world.variables["AWS_ENDPOINT_URL_STS"] = service.url();
        EXPECT_TRUE(sts.assume()) << code;
        EXPECT_EQ(service.requests().size(), 3U);
    }
}

// This machine's clock says 2026-09-21T14:13:20Z, that of STS two hours later or earlier.
TEST(RoleSource, SignsByTheTimeOfStsWhenItsOwnClockIsWrong) {
    struct Case {
        const char* message;
        const char* date;
        const char* signed_at;
        const char* expires;
        const char* expires_here;
    };
    const Case cases[] = {
        {"Signature expired: 20260921T141320Z is now earlier than 20260921T155820Z",
         "Mon, 21 Sep 2026 16:13:20 GMT", "20260921T161320Z", "2026-09-21T17:13:20Z",
         "2026-09-21T15:13:20Z"},
        {"Signature not yet current: 20260921T141320Z is still later than 20260921T122820Z",
         "Mon, 21 Sep 2026 12:13:20 GMT", "20260921T121320Z", "2026-09-21T13:13:20Z",
         "2026-09-21T15:13:20Z"},
    };
    for (const auto& one : cases) {
        Sts sts;
        const std::string date = "Date: " + std::string(one.date) + "\r\n";
        FarEnd service([&](const http::ReceivedRequest& request) {
            return request.headers.at("x-amz-date") == one.signed_at
                       ? FarEnd::Answer{200, answer("AssumeRole", one.expires), date}
                       : FarEnd::Answer{403, refusal_xml("SignatureDoesNotMatch", one.message),
                                        date};
        });
        sts.world.variables["AWS_ENDPOINT_URL_STS"] = service.url();
        const auto fetched = sts.assume();
        ASSERT_TRUE(fetched) << fetched.error().message;
        // Told by the clock that will be asked whether they have ended.
        EXPECT_EQ(timestamp(fetched->expires.value()), one.expires_here);
        EXPECT_EQ(service.requests().size(), 2U);
    }
}

TEST(RoleSource, CorrectsItsClockOnceAndNotForASecretThatIsWrong) {
    const std::pair<FarEnd::Answer, std::size_t> cases[] = {
        {{403, refusal_xml("SignatureDoesNotMatch", "The request signature we calculated differs"),
          "Date: Mon, 21 Sep 2026 16:13:20 GMT\r\n"},
         1},
        {{403, refusal_xml("RequestExpired", "expired"), "Date: Mon, 21 Sep 2026 16:13:20 GMT\r\n"},
         2},
        {{403, refusal_xml("RequestExpired", "expired"), "Date: someday\r\n"}, 1},
        {{403, refusal_xml("RequestExpired", "expired")}, 1},
    };
    for (const auto& [refusing, requests] : cases) {
        Sts sts;
        sts.answer_with = refusing;
        expect_refused(sts.assume(), {"HTTP 403"});
        EXPECT_EQ(sts.service.requests().size(), requests);
    }
}

TEST(WebIdentitySource, ReadsItsTokenAnewAndSignsNothing) {
    Sts sts;
    sts.answer_with.body = answer("AssumeRoleWithWebIdentity");
    const std::string file = sts.world.folder.write("token", "eyJ.first+/=\n");
    WebIdentitySource source(sts.role, {file, "AWS_WEB_IDENTITY_TOKEN_FILE"}, "AWS_ROLE_ARN",
                             sts.world.shared());
    ASSERT_TRUE(source.fetch());
    static_cast<void>(sts.world.folder.write("token", "eyJ.second\n"));
    ASSERT_TRUE(source.fetch());
    const auto requests = sts.service.requests();
    EXPECT_TRUE(requests.at(0).body.starts_with(
        "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn="));
    EXPECT_TRUE(requests.at(0).body.ends_with("&WebIdentityToken=eyJ.first%2B%2F%3D"));
    EXPECT_TRUE(requests.at(1).body.ends_with("&WebIdentityToken=eyJ.second"));
    EXPECT_EQ(requests.at(0).headers.count("authorization"), 0U);
}

TEST(WebIdentitySource, NamesATokenFileThatIsOfNoUse) {
    Sts sts;
    const std::string empty = sts.world.folder.write("empty", " \n");
    const std::string two_words = sts.world.folder.write("two", "a b");
    for (const auto& [file, why] :
         {std::pair<std::string, const char*>{"/nowhere/token", "No such file"},
          {empty, "it is empty"},
          {two_words, "no spaces"},
          {sts.world.folder.path(), "it is not a file"}}) {
        WebIdentitySource source(sts.role, {file, "AWS_WEB_IDENTITY_TOKEN_FILE"}, "AWS_ROLE_ARN",
                                 sts.world.shared());
        expect_refused(source.fetch(), {"AWS_WEB_IDENTITY_TOKEN_FILE", file, why});
    }
    EXPECT_EQ(sts.service.requests().size(), 0U);
}

TEST(WebIdentitySource, NamesTheUserThatMayNotReadItsTokenFile) {
    Sts sts;
    const std::string file = sts.world.folder.write("token", "eyJ");
    ASSERT_EQ(chmod(file.c_str(), 0), 0);
    WebIdentitySource source(sts.role, {file, "AWS_WEB_IDENTITY_TOKEN_FILE"}, "AWS_ROLE_ARN",
                             sts.world.shared());
    // Root may read everything.
    constexpr uid_t nobody = 65534;
    const uid_t before = geteuid();
    if (seteuid(before == 0 ? nobody : before) != 0) GTEST_SKIP() << "there is no other user";
    const std::string user = std::to_string(geteuid());
    const auto fetched = source.fetch();
    ASSERT_EQ(seteuid(before), 0);
    expect_refused(fetched, {"AWS_WEB_IDENTITY_TOKEN_FILE", file, "readable", "(id " + user + ")"});
}

TEST(StsAnswer, ReadsNothingFromHostileXml) {
    std::string deep;
    for (int i = 0; i < 100; ++i) deep += "<a>";
    deep += "<Code>x</Code>";
    for (const std::string& xml : {deep, std::string("\0<Code>x</Code>", 15), std::string(),
                                   std::string(2'000'000, ' ') + "<Code>x</Code>"}) {
        EXPECT_EQ(read_sts_answer(xml).error_code, "");
    }
}

}  // namespace
}  // namespace lk::credentials
