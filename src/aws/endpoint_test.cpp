#include "aws/endpoint.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace lk::aws
