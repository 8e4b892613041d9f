#include "credentials/sso_source.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include "credentials/json_fields.hpp"
#include "credentials/profile_source.hpp"
#include "credentials/test_far_end.hpp"
#include "credentials/timestamp.hpp"

namespace lk::credentials {
namespace {

constexpr const char* config =
    "[profile dev]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = Writer+\n"
    "[sso-session corp]\nsso_start_url = https://corp.example/start\nsso_region = eu-north-1\n"
    "[profile old]\nsso_start_url = https://corp.example/start\nsso_region = eu-north-1\n"
    "sso_account_id = 111122223333\nsso_role_name = Reader\n";

std::string role_credentials() {
    return R"({"roleCredentials":{"accessKeyId":"ASIASSO","secretAccessKey":")" +
           std::string(secret_key) + R"(","sessionToken":")" + std::string(secret_token) +
           R"(","expiration":1790003600000}})";
}

struct Sso {
    FarEnd::Answer portal{200, role_credentials()};
    FarEnd::Answer oidc{
        200, R"({"accessToken":"fresh-access","expiresIn":28800,"refreshToken":"fresh-refresh"})"};
    World world;
    FarEnd service{[this](const http::ReceivedRequest& request) {
        return request.first_line.starts_with("POST /token ") ? oidc : portal;
    }};

    Sso() {
        world.variables["AWS_ENDPOINT_URL"] = service.url();
        world.config(config);
    }

    std::string token_path(std::string_view key) {
        return sso_token_path(key, world.surroundings("dev").environment);
    }

    void sign_in(std::string_view key, std::string_view expires, std::string_view more = "") {
        const std::string path = token_path(key);
        static_cast<void>(
            world.folder.write(path.substr(world.folder.path().size() + 1),
                               R"({"startUrl":"https://corp.example/start","region":"eu-north-1",)"
                               R"("accessToken":"cached-access","expiresAt":")" +
                                   std::string(expires) + "\"" + std::string(more) + "}"));
    }

    Expected<Fetched, Error> fetch(std::string_view profile) {
        const auto surroundings = world.shared(profile);
        auto source = profile_source(profile, surroundings, nullptr);
        if (!source) return std::move(source).error();
        return (*source)->fetch();
    }
};

constexpr const char* renewable =
    R"(,"refreshToken":"renewal-token","clientId":"id-1","clientSecret":"client-word",)"
    R"("registrationExpiresAt":"2026-12-01T00:00:00Z")";

TEST(SsoSource, AsksThePortalWithTheCachedTokenOfItsSession) {
    Sso sso;
    sso.sign_in("corp", "2026-09-21T20:00:00Z");
    const auto fetched = sso.fetch("dev");
    ASSERT_TRUE(fetched) << fetched.error().message;
    EXPECT_EQ(fetched->credentials.access_key_id, "ASIASSO");
    EXPECT_EQ(timestamp(fetched->expires.value()), "2026-09-21T15:13:20Z");
    const auto request = sso.service.requests().at(0);
    EXPECT_EQ(request.first_line,
              "GET /federation/credentials?role_name=Writer%2B&account_id=111122223333 HTTP/1.1");
    EXPECT_EQ(request.headers.at("x-amz-sso_bearer_token"), "cached-access");
}

TEST(SsoSource, FindsTheTokenOfOldByItsStartUrl) {
    Sso sso;
    sso.sign_in("https://corp.example/start", "2026-09-21T20:00:00UTC");
    EXPECT_TRUE(sso.fetch("old"));
}

// By `printf corp | sha1sum`, as the AWS CLI names it.
TEST(SsoSource, NamesTheTokensFileAsTheAwsCliDoes) {
    const aws::Environment home = [](const char*) { return std::string("/h"); };
    EXPECT_EQ(sso_token_path("corp", home),
              "/h/.aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json");
}

TEST(SsoSource, RenewsATokenThatEndsAndKeepsItForTheOtherTools) {
    Sso sso;
    sso.sign_in("corp", "2026-09-21T14:00:00Z", std::string(renewable) + R"(,"other":"kept")");
    ASSERT_TRUE(sso.fetch("dev"));
    const auto requests = sso.service.requests();
    ASSERT_EQ(requests.size(), 2U);
    const auto asked = JsonFields::read(requests[0].body);
    ASSERT_TRUE(asked);
    EXPECT_EQ(asked->text("grantType"), "refresh_token");
    EXPECT_EQ(asked->text("refreshToken"), "renewal-token");
    EXPECT_EQ(asked->text("clientSecret"), "client-word");
    EXPECT_EQ(requests[1].headers.at("x-amz-sso_bearer_token"), "fresh-access");

    std::stringstream text;
    text << std::ifstream(sso.token_path("corp")).rdbuf();
    const auto kept = JsonFields::read(text.str());
    ASSERT_TRUE(kept);
    EXPECT_EQ(kept->text("accessToken"), "fresh-access");
    EXPECT_EQ(kept->text("refreshToken"), "fresh-refresh");
    EXPECT_EQ(kept->text("expiresAt"), "2026-09-21T22:13:20Z");
    EXPECT_EQ(kept->text("other"), "kept");
    struct stat facts {};
    ASSERT_EQ(stat(sso.token_path("corp").c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777, 0600U);
}

TEST(SsoSource, UsesATokenThatIsStillGoodWhenItsRenewalFails) {
    Sso sso;
    sso.oidc = {400, R"({"error":"invalid_grant"})"};
    sso.sign_in("corp", "2026-09-21T14:15:00Z", renewable);
    EXPECT_TRUE(sso.fetch("dev"));
}

// A renewal takes a token that serves once: of two programs, one is refused.
TEST(SsoSource, TakesTheTokenThatAnotherProgramRenewedMeanwhile) {
    Sso sso;
    sso.sign_in("corp", "2026-09-21T14:00:00Z", renewable);
    FarEnd service([&](const http::ReceivedRequest& request) {
        if (!request.first_line.starts_with("POST /token ")) return sso.portal;
        sso.sign_in("corp", "2026-09-21T22:00:00Z", R"(,"by":"the other")");
        return FarEnd::Answer{400, R"({"error":"invalid_grant"})"};
    });
    sso.world.variables["AWS_ENDPOINT_URL"] = service.url();
    const auto fetched = sso.fetch("dev");
    ASSERT_TRUE(fetched) << fetched.error().message;
    EXPECT_EQ(fetched->account_id, "111122223333");
}

TEST(SsoSource, RefusesATokenThatWouldForgeAHeader) {
    Sso sso;
    sso.sign_in("corp", "2026-09-21T20:00:00Z", R"(,"accessToken":"cached-access\r\nX-Other: 1")");
    expect_refused(sso.fetch("dev"), {"SSO of profile dev", "line break"});
    EXPECT_EQ(sso.service.requests().size(), 0U);
}

TEST(SsoSource, SaysWhatToDo) {
    struct Case {
        std::function<void(Sso&)> change;
        std::initializer_list<std::string_view> words;
    };
    const Case cases[] = {
        {[](Sso&) {}, {"No such file", "aws sso login --profile dev"}},
        {[](Sso& sso) { sso.sign_in("corp", "2026-09-21T14:00:00Z"); },
         {"expired at 2026-09-21T14:00:00Z", "aws sso login --profile dev"}},
        {[](Sso& sso) { sso.sign_in("corp", "whenever"); }, {"damaged", "aws sso login"}},
        {[](Sso& sso) {
             sso.sign_in("corp", "2026-09-21T14:00:00Z", renewable);
             sso.oidc = {400, R"({"error":"invalid_grant","error_description":"too old"})"};
         },
         {"HTTP 400 (invalid_grant: too old)", "aws sso login --profile dev"}},
        {[](Sso& sso) {
             sso.sign_in("corp", "2026-09-21T14:00:00Z", renewable);
             sso.oidc = {200, R"({"accessToken":"x","expiresIn":-5})"};
         },
         {"not one of the service's own"}},
        {[](Sso& sso) {
             sso.sign_in("corp", "2026-09-21T20:00:00Z");
             sso.portal = {401, R"({"message":"Session token not found or invalid"})"};
         },
         {"no longer takes the token", "aws sso login --profile dev"}},
        {[](Sso& sso) {
             sso.sign_in("corp", "2026-09-21T20:00:00Z");
             sso.portal = {403, R"({"message":"No access"})"};
         },
         {"Writer+", "111122223333", "HTTP 403 (No access)"}},
        {[](Sso& sso) {
             sso.sign_in("corp", "2026-09-21T20:00:00Z");
             sso.portal = {200, "{}"};
         },
         {"not one of its own"}},
    };
    for (const auto& one : cases) {
        Sso sso;
        one.change(sso);
        const auto came = sso.fetch("dev");
        expect_refused(came, one.words);
        for (const char* secret : {"cached-access", "renewal-token", "client-word"}) {
            EXPECT_EQ(came.error().message.find(secret), std::string::npos);
        }
    }
}

}  // namespace
}  // namespace lk::credentials
