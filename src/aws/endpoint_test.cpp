#include "aws/endpoint.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/region.hpp"
#include "aws/test_environment.hpp"

namespace lk::aws {
namespace {

using testing::HasSubstr;
using testing::Not;

struct UrlCase {
    const char* given;
    const char* url;
    const char* host;
    const char* path;
};

TEST(Endpoint, IsWrittenInOneWayOnly) {
    const UrlCase cases[] = {
        {"http://localhost:4567", "http://localhost:4567/", "localhost:4567", "/"},
        {"HTTPS://LocalHost/", "https://localhost/", "localhost", "/"},
        {"https://example.com:443", "https://example.com/", "example.com", "/"},
        {"http://example.com:80/", "http://example.com/", "example.com", "/"},
        {"http://example.com:443", "http://example.com:443/", "example.com:443", "/"},
        {"https://gateway_1/kinesis/v1", "https://gateway_1/kinesis/v1", "gateway_1",
         "/kinesis/v1"},
        {"http://127.0.0.1:1", "http://127.0.0.1:1/", "127.0.0.1:1", "/"},
        {"http://[0:0:0:0:0:0:0:1]:8080", "http://[::1]:8080/", "[::1]:8080", "/"},
        {"http://[FE80::1]", "http://[fe80::1]/", "[fe80::1]", "/"},
    };
    for (const UrlCase& one : cases) {
        const auto endpoint = parse_endpoint(one.given, "option endpoint");
        ASSERT_TRUE(endpoint.has_value()) << one.given;
        EXPECT_EQ(endpoint->url, one.url);
        EXPECT_EQ(endpoint->host, one.host);
        EXPECT_EQ(endpoint->path, one.path);
    }
}

TEST(Endpoint, RefusesWhatIsNoUsableUrlAndSaysWhy) {
    const std::pair<const char*, const char*> cases[] = {
        {"localhost:4567", "not an URL with http or https"},
        {"ftp://localhost", "neither http nor https"},
        {"http://", "host name"},
        {"http://:4567", "host name"},
        {"http://a..b", "host name"},
        {"http://exa mple", "host name"},
        {"http://ex%61mple", "host name"},
        {"http://bücher.example", "host name"},
        {"http://127.1", "host name"},
        {"http://0x7f.0.0.1.2", "host name"},
        {"http://256.0.0.1", "host name"},
        {"http://localhost:0", "port"},
        {"http://localhost:65536", "port"},
        {"http://localhost:", "port"},
        {"http://localhost:80x", "port"},
        {"http://localhost:+80", "port"},
        {"http://[::1", "]"},
        {"http://[::1]80", "port"},
        {"http://[::1%25eth0]", "IPv6"},
        {"http://[127.0.0.1]", "IPv6"},
        {"http://localhost/?a=b", "query"},
        {"http://localhost?a=b", "query"},
        {"http://localhost/#a", "fragment"},
        {"http://localhost/a b", "escaped"},
        {"http://localhost/\r\nHost: evil", "escaped"},
    };
    for (const auto& [url, why] : cases) {
        const auto endpoint = parse_endpoint(url, "AWS_ENDPOINT_URL");
        ASSERT_FALSE(endpoint.has_value()) << url;
        EXPECT_EQ(endpoint.error().code, ErrorCode::bad_option);
        EXPECT_THAT(endpoint.error().message, HasSubstr(why)) << url;
        EXPECT_THAT(endpoint.error().message, HasSubstr("AWS_ENDPOINT_URL: \""));
    }
}

TEST(Endpoint, APasswordInAnUrlIsRefusedAndNotRepeated) {
    const auto endpoint = parse_endpoint("http://user:hunter2@localhost", "option endpoint");
    ASSERT_FALSE(endpoint.has_value());
    EXPECT_THAT(endpoint.error().message, HasSubstr("user name"));
    EXPECT_THAT(endpoint.error().message, Not(HasSubstr("hunter2")));
}

TEST(KinesisService, FollowsTheRegionsPartition) {
    const std::pair<const char*, const char*> cases[] = {
        {"eu-west-1", "https://kinesis.eu-west-1.amazonaws.com/"},
        {"us-gov-west-1", "https://kinesis.us-gov-west-1.amazonaws.com/"},
        {"cn-north-1", "https://kinesis.cn-north-1.amazonaws.com.cn/"},
        {"eusc-de-east-1", "https://kinesis.eusc-de-east-1.amazonaws.eu/"},
    };
    for (const auto& [region, url] : cases) {
        const auto service = find_kinesis("", region, environment_of({}));
        ASSERT_TRUE(service.has_value()) << region;
        EXPECT_EQ(service->endpoint.url, url);
        EXPECT_EQ("https://" + service->endpoint.host + "/", url);
        EXPECT_EQ(service->region, region);
    }
}

TEST(KinesisService, TakesTheOptionBeforeTheEnvironment) {
    const auto environment = environment_of({{"AWS_REGION", "eu-west-1"},
                                             {"AWS_DEFAULT_REGION", "eu-west-2"},
                                             {"AWS_ENDPOINT_URL_KINESIS", "http://kinesis-only"},
                                             {"AWS_ENDPOINT_URL", "http://every-service"}});
    EXPECT_EQ(find_kinesis("http://option", "eu-west-3", environment)->endpoint.host, "option");
    EXPECT_EQ(find_kinesis("http://option", "eu-west-3", environment)->region, "eu-west-3");
    EXPECT_EQ(find_kinesis("", "", environment)->endpoint.host, "kinesis-only");
    EXPECT_EQ(find_kinesis("", "", environment)->region, "eu-west-1");
    EXPECT_EQ(find_kinesis("", "",
                           environment_of({{"AWS_ENDPOINT_URL", "http://every-service"},
                                           {"AWS_DEFAULT_REGION", "eu-west-2"}}))
                  ->endpoint.host,
              "every-service");
    EXPECT_EQ(find_kinesis("", "", environment_of({{"AWS_DEFAULT_REGION", "eu-west-2"}}))->region,
              "eu-west-2");
}

TEST(KinesisService, ACustomEndpointNeedsNoRegion) {
    EXPECT_EQ(find_kinesis("http://localhost:4567", "", environment_of({}))->region, "us-east-1");
}

TEST(KinesisService, NamesEveryPlaceWhereARegionCouldStand) {
    const auto service = find_kinesis("", "", environment_of({}));
    ASSERT_FALSE(service.has_value());
    EXPECT_EQ(service.error().code, ErrorCode::bad_option);
    for (const char* place : {"option region", "AWS_REGION", "AWS_DEFAULT_REGION",
                              "option endpoint", "AWS_ENDPOINT_URL_KINESIS", "AWS_ENDPOINT_URL"}) {
        EXPECT_THAT(service.error().message, HasSubstr(place));
    }
}

TEST(Region, RefusesWhatWouldChangeTheHostName) {
    for (const char* region : {"eu-west-1.evil.example", "eu west", "eu/west", "-eu", "eu-", "eü",
                               "eu_west", "a@b", "eu-west-1\n"}) {
        const auto found = find_region(region, environment_of({}));
        ASSERT_FALSE(found.has_value()) << region;
        EXPECT_EQ(found.error().code, ErrorCode::bad_option);
        EXPECT_THAT(found.error().message, HasSubstr("option region: \""));
    }
    EXPECT_FALSE(find_region(std::string(64, 'a'), environment_of({})).has_value());
    EXPECT_TRUE(find_region(std::string(63, 'a'), environment_of({})).has_value());
}

TEST(Region, ABadOneInTheEnvironmentIsNamedByItsVariable) {
    const auto found = find_region("", environment_of({{"AWS_DEFAULT_REGION", "no region"}}));
    ASSERT_FALSE(found.has_value());
    EXPECT_THAT(found.error().message, HasSubstr("AWS_DEFAULT_REGION: \"no region\""));
}

}  // namespace
}  // namespace lk::aws
