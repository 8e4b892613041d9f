#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>

#include "credentials/find_credentials.hpp"
#include "credentials/sso_token.hpp"
#include "credentials/test_far_end.hpp"

// Every service that gives credentials, and everything that may go wrong with its answer.

namespace lk::credentials {
namespace {

constexpr std::string_view end_of_keys = "2026-09-21T20:00:00Z";
constexpr std::string_view ended = "2026-09-21T13:00:00Z";

std::string instance_keys(std::string_view expiration) {
    return R"({"Code":"Success","AccessKeyId":"ASIAEXAMPLE00001","SecretAccessKey":")" +
           std::string(secret_key) + R"(","Token":")" + std::string(secret_token) +
           R"(","Expiration":")" + std::string(expiration) + R"("})";
}

std::string sts_keys(std::string_view action, std::string_view expiration) {
    const std::string name(action);
    return "<" + name + "Response><" + name +
           "Result><Credentials><AccessKeyId>ASIAEXAMPLE00001</AccessKeyId><SecretAccessKey>" +
           std::string(secret_key) + "</SecretAccessKey><SessionToken>" +
           std::string(secret_token) + "</SessionToken><Expiration>" + std::string(expiration) +
           "</Expiration></Credentials></" + name + "Result></" + name + "Response>";
}

std::string sso_keys(std::string_view expiration) {
    const std::string ends = expiration == ended ? "1789995600000" : "1790020800000";
    return R"({"roleCredentials":{"accessKeyId":"ASIAEXAMPLE00001","secretAccessKey":")" +
           std::string(secret_key) + R"(","sessionToken":")" + std::string(secret_token) +
           R"(","expiration":)" + ends + "}}";
}

bool is_for(const http::ReceivedRequest& request, std::string_view part) {
    return request.first_line.find(part) != std::string::npos;
}

struct Service {
    const char* name;
    /// What the machine is given to find the service at this address.
    void (*announce)(World& world, const std::string& url);
    /// What it answers to what comes before the keys; no status: this is the question for them.
    FarEnd::Answer (*before_keys)(const http::ReceivedRequest& request);
    std::string (*keys)(std::string_view expiration);
};

FarEnd::Answer at_once(const http::ReceivedRequest&) {
    return {.status = 0};
}

void announce_sso(World& world, const std::string& url) {
    world.variables["AWS_ENDPOINT_URL"] = url;
    world.config(
        "[default]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = Writer\n"
        "[sso-session corp]\nsso_start_url = https://corp.example/start\nsso_region = "
        "eu-north-1\n");
    const std::string path = sso_token_path("corp", world.surroundings().environment);
    static_cast<void>(
        world.folder.write(path.substr(world.folder.path().size() + 1),
                           R"({"accessToken":"a-token","expiresAt":"2026-09-21T20:00:00Z"})"));
}

const std::array services = {
    Service{"container",
            [](World& world, const std::string& url) {
                world.variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = url + "/keys";
            },
            &at_once, &instance_keys},
    Service{"instance metadata",
            [](World& world, const std::string& url) {
                world.variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = url;
                world.variables["AWS_METADATA_SERVICE_TIMEOUT"] = "60";
            },
            [](const http::ReceivedRequest& request) -> FarEnd::Answer {
                if (is_for(request, "/latest/api/token")) return {200, "a-token"};
                if (is_for(request, "/security-credentials/ ")) return {200, "web-server"};
                return {.status = 0};
            },
            &instance_keys},
    Service{"STS, a role",
            [](World& world, const std::string& url) {
                world.variables["AWS_ENDPOINT_URL_STS"] = url;
                world.config(
                    "[default]\nrole_arn = arn:aws:iam::111122223333:role/events\n"
                    "source_profile = base\n");
                world.keys("[base]\naws_access_key_id = AKIDBASE\naws_secret_access_key = x\n");
            },
            &at_once,
            [](std::string_view expiration) { return sts_keys("AssumeRole", expiration); }},
    Service{"STS, web identity",
            [](World& world, const std::string& url) {
                world.variables["AWS_ENDPOINT_URL_STS"] = url;
                world.variables["AWS_ROLE_ARN"] = "arn:aws:iam::111122223333:role/events";
                world.variables["AWS_WEB_IDENTITY_TOKEN_FILE"] =
                    world.folder.write("token", "a-token");
            },
            &at_once,
            [](std::string_view expiration) {
                return sts_keys("AssumeRoleWithWebIdentity", expiration);
            }},
    Service{"SSO", &announce_sso, &at_once, &sso_keys},
};

Expected<FoundCredentials, Error> ask_all(const Service& service, const FarEnd::Answer& answer,
                                          std::size_t* asked = nullptr) {
    std::atomic<std::size_t> questions = 0;
    FarEnd far_end([&](const http::ReceivedRequest& request) {
        FarEnd::Answer before = service.before_keys(request);
        if (before.status != 0) return before;
        ++questions;
        return answer;
    });
    const auto world = std::make_shared<World>();
    service.announce(*world, far_end.url());
    // What is found looks at the world's clock for as long as it lives.
    Surroundings surroundings = world->surroundings();
    surroundings.now = [world] { return world->time; };
    auto found = find_credentials(std::move(surroundings), {});
    if (asked != nullptr) *asked = questions;
    return found;
}

TEST(EveryService, GivesItsKeysWhereNothingIsWrong) {
    for (const Service& service : services) {
        const auto found = ask_all(service, {200, service.keys(end_of_keys)});
        ASSERT_TRUE(found) << service.name << ": " << found.error().message;
        EXPECT_EQ((*found->provider->current())->secret_access_key.reveal(), secret_key);
        EXPECT_TRUE(found->expires) << service.name;
    }
}

// The service itself is the judge of that: nobody is refused beforehand.
TEST(EveryService, MayGiveKeysThatHaveEndedByTheClockOfThisMachine) {
    for (const Service& service : services) {
        const auto found = ask_all(service, {200, service.keys(ended)});
        ASSERT_TRUE(found) << service.name << ": " << found.error().message;
        EXPECT_TRUE(found->provider->current()) << service.name;
    }
}

TEST(EveryService, IsToldWithWhatIsWrongAndWithoutItsSecrets) {
    const std::string half = R"({"AccessKeyId":"ASIAEXAMPLE00001","SecretAccessKey":")" +
                             std::string(secret_key).substr(0, 10);
    const FarEnd::Answer failures[] = {
        {301, "", "Location: http://127.0.0.1:1/\r\n"},
        {307, std::string(secret_key), "Location: http://127.0.0.1:1/\r\n"},
        {400, "{}"},
        {401, "no"},
        {403, std::string(secret_key)},
        {404, ""},
        {200, ""},
        {200, "<html>sign in, please</html>"},
        {200, std::string("\0\xff\xfe", 3)},
        {200, half},
        {200, "[]"},
        {200, "{}"},
    };
    for (const Service& service : services) {
        for (const FarEnd::Answer& failure : failures) {
            const auto found = ask_all(service, failure);
            const std::string what = service.name + std::string(", ") +
                                     std::to_string(failure.status) + " " + failure.body;
            ASSERT_FALSE(found) << what;
            EXPECT_EQ(found.error().code, ErrorCode::credentials) << what;
            EXPECT_FALSE(found.error().message.empty()) << what;
            expect_no_secret_in(found.error().message);
        }
    }
}

TEST(EveryService, IsAskedAgainWhenItIsOnlyOutOfOrder) {
    for (const Service& service : services) {
        std::size_t asked = 0;
        EXPECT_FALSE(ask_all(service, {500, "oops"}, &asked)) << service.name;
        EXPECT_GE(asked, 2U) << service.name;
    }
}

TEST(EveryService, ThatSaysTooMuchIsCutOff) {
    for (const Service& service : services) {
        const auto found = ask_all(service, {200, std::string(3'000'000, ' ')});
        ASSERT_FALSE(found) << service.name;
        EXPECT_NE(found.error().message.find("cut off"), std::string::npos)
            << found.error().message;
    }
}

TEST(EveryService, ThatDoesNotAnswerIsNotWaitedForWhenTheClientEnds) {
    for (const Service& service : services) {
        FarEnd far_end(
            [&](const http::ReceivedRequest& request) { return service.before_keys(request); });
        World world;
        service.announce(world, far_end.url());
        auto surroundings = world.surroundings();
        const auto stop = surroundings.stop;
        std::atomic<bool> over{false};
        std::thread ending([&] {
            while (!over && (far_end.requests().empty() ||
                             service.before_keys(far_end.requests().back()).status != 0)) {
                std::this_thread::yield();
            }
            stop->request();
        });
        const auto found = find_credentials(std::move(surroundings), {});
        over = true;
        ending.join();
        ASSERT_FALSE(found) << service.name;
        EXPECT_NE(found.error().message.find("was ended"), std::string::npos)
            << found.error().message;
    }
}

}  // namespace
}  // namespace lk::credentials
