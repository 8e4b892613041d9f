#include "credentials/container_source.hpp"

#include <gtest/gtest.h>

#include "credentials/test_far_end.hpp"
#include "credentials/timestamp.hpp"

namespace lk::credentials {
namespace {

std::string keys(std::string_view expiration = "2026-09-21T15:13:20Z") {
    return R"({"AccessKeyId":"ASIACONTAINER","SecretAccessKey":")" + std::string(secret_key) +
           R"(","Token":")" + std::string(secret_token) + R"(","Expiration":")" +
           std::string(expiration) + R"(","AccountId":"111122223333"})";
}

Expected<Fetched, Error> fetch(World& world) {
    auto place = container_place(world.surroundings().environment);
    if (!place) return std::move(place).error();
    return ContainerSource(std::move(*place), world.shared()).fetch();
}

TEST(ContainerSource, FetchesFromTheFullUriWithTheTokenOfTheEnvironment) {
    FarEnd service([](const auto&) { return FarEnd::Answer{.body = keys()}; });
    World world;
    world.variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = service.url() + "/v1/credentials?id=7";
    world.variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "Basic abc";
    const auto fetched = fetch(world);
    ASSERT_TRUE(fetched) << fetched.error().message;
    EXPECT_EQ(fetched->credentials.access_key_id, "ASIACONTAINER");
    EXPECT_EQ(fetched->credentials.secret_access_key.reveal(), secret_key);
    EXPECT_EQ(fetched->credentials.session_token.reveal(), secret_token);
    EXPECT_EQ(timestamp(fetched->expires.value()), "2026-09-21T15:13:20Z");
    EXPECT_EQ(fetched->account_id, "111122223333");
    const auto request = service.requests().at(0);
    EXPECT_EQ(request.first_line, "GET /v1/credentials?id=7 HTTP/1.1");
    EXPECT_EQ(request.headers.at("authorization"), "Basic abc");
}

TEST(ContainerSource, ReadsTheTokenFileAnewEachTimeAndPrefersIt) {
    FarEnd service([](const auto&) { return FarEnd::Answer{.body = keys()}; });
    World world;
    world.variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = service.url();
    world.variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "other";
    world.variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] =
        world.folder.write("token", "first\n");
    auto place = container_place(world.surroundings().environment);
    ASSERT_TRUE(place);
    ContainerSource source(*place, world.shared());
    ASSERT_TRUE(source.fetch());
    static_cast<void>(world.folder.write("token", "Bearer second\n"));
    ASSERT_TRUE(source.fetch());
    EXPECT_EQ(service.requests().at(0).headers.at("authorization"), "first");
    EXPECT_EQ(service.requests().at(1).headers.at("authorization"), "Bearer second");
    static_cast<void>(world.folder.write("token", "third\r\nX-Other: 1"));
    expect_refused(source.fetch(), {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "one line"});
}

TEST(ContainerSource, TakesARelativeUriToTheAddressOfEcs) {
    World world;
    world.variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/v2/credentials/0f";
    world.variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://127.0.0.1/other";
    const auto place = container_place(world.surroundings().environment);
    ASSERT_TRUE(place);
    EXPECT_EQ(place->url, "http://169.254.170.2/v2/credentials/0f");
}

TEST(ContainerSource, AsksOnlyWhereTheSdksDo) {
    const std::pair<const char*, bool> places[] = {
        {"http://127.0.0.1:80/", true},
        {"http://127.9.9.9/x", true},
        {"http://localhost:8080/x", true},
        {"http://[::1]/x", true},
        {"http://169.254.170.2/x", true},
        {"http://169.254.170.23/v1/credentials", true},
        {"http://[fd00:ec2::23]/v1/credentials", true},
        {"https://elsewhere.example/x", true},
        {"http://elsewhere.example/x", false},
        {"http://169.254.170.24/x", false},
        {"http://169.254.170.2.example/x", false},
        {"http://169.254.170.23@elsewhere.example/", false},
        {"http://10.0.0.1/x", false},
        {"ftp://127.0.0.1/x", false},
        {"127.0.0.1", false},
        {"http://127.0.0.1/a b", false}};
    for (const auto& [url, allowed] : places) {
        World world;
        world.variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = url;
        const auto place = container_place(world.surroundings().environment);
        EXPECT_EQ(place.has_value(), allowed) << url;
        if (!place) {
            EXPECT_NE(place.error().message.find("AWS_CONTAINER_CREDENTIALS_FULL_URI"),
                      std::string::npos)
                << place.error().message;
        }
    }
}

TEST(ContainerSource, RefusesATokenThatWouldForgeAHeader) {
    FarEnd service([](const auto&) { return FarEnd::Answer{.body = keys()}; });
    World world;
    world.variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = service.url();
    world.variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "abc\r\nX-Other: 1";
    expect_refused(fetch(world), {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "line break"});
    EXPECT_EQ(service.requests().size(), 0U);
}

TEST(ContainerSource, SaysWhatIsWrongWithAnAnswer) {
    struct Case {
        FarEnd::Answer answer;
        std::initializer_list<std::string_view> words;
        std::size_t requests;
    };
    const std::string huge = "{\"x\":\"" + std::string(200'000, 'x') + "\"}";
    const Case cases[] = {
        {{403, R"({"code":"AccessDenied","message":"no\nAuthorization: x"})"},
         {"HTTP 403", "AccessDenied: no"},
         1},
        {{404, "not here"}, {"HTTP 404"}, 1},
        {{500, "oops"}, {"HTTP 500"}, 3},
        {{429, "{}"}, {"HTTP 429"}, 3},
        {{302, "", "Location: http://169.254.169.254/\r\n"}, {"HTTP 302"}, 1},
        {{200, "<html>"}, {"no JSON object"}, 1},
        {{200, "[]"}, {"no JSON object"}, 1},
        {{200, "{}"}, {"no access key id"}, 1},
        {{200, R"({"AccessKeyId":"A","SecretAccessKey":""})"}, {"no secret access key"}, 1},
        {{200, keys("tomorrow")}, {"Expiration", "tomorrow"}, 1},
        {{200, R"({"AccessKeyId":"A\r\nX: y","SecretAccessKey":"s"})"}, {"line break"}, 1},
        {{200, huge}, {"over the limit", "cut off"}, 3},
    };
    for (const auto& one : cases) {
        FarEnd service([&](const auto&) { return one.answer; });
        World world;
        world.variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = service.url();
        expect_refused(fetch(world), one.words);
        EXPECT_EQ(service.requests().size(), one.requests) << one.answer.body.substr(0, 40);
    }
}

TEST(ContainerSource, GetsOverAServiceThatIsOutForAMoment) {
    int asked = 0;
    FarEnd service([&](const auto&) {
        return ++asked < 3 ? FarEnd::Answer{.status = 503} : FarEnd::Answer{.body = keys()};
    });
    World world;
    world.variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = service.url();
    EXPECT_TRUE(fetch(world));
}

TEST(ContainerSource, IsEndedByItsStopInMidFlight) {
    FarEnd service([](const auto&) { return FarEnd::Answer{.status = 0}; });
    World world;
    world.variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = service.url();
    const auto surroundings = world.shared();
    auto place = container_place(surroundings->environment);
    ASSERT_TRUE(place);
    ContainerSource source(*place, surroundings);
    std::thread stopping([&] {
        while (service.requests().empty()) std::this_thread::yield();
        surroundings->stop->request();
    });
    expect_refused(source.fetch(), {"was ended"});
    stopping.join();
    EXPECT_EQ(service.requests().size(), 1U);
}

}  // namespace
}  // namespace lk::credentials
