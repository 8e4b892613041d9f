#include "cli/loopback.hpp"

#include <gtest/gtest.h>

namespace lk::cli {
namespace {

TEST(Loopback, IsWhatCanOnlyBeThisMachine) {
    for (const char* url :
         {"http://localhost:4567", "http://LocalHost", "https://127.0.0.1/",
          "http://127.8.9.10:80/path", "http://[::1]:4567", "http://a.localhost"}) {
        EXPECT_TRUE(is_loopback_endpoint(url)) << url;
    }
}

TEST(Loopback, IsNothingElse) {
    for (const char* url :
         {"", "localhost", "http://", "http://example.com",
          "https://kinesis.eu-west-1.amazonaws.com", "http://127.0.0.1.example.com",
          "http://localhost.example.com", "http://10.0.0.1", "http://127.0.0.1@example.com",
          "http://localhost:80@example.com/", "http://[::2]",
          "http://[::", "http://example.com/@127.0.0.1", "http://1270.0.0.1"}) {
        EXPECT_FALSE(is_loopback_endpoint(url)) << url;
    }
}

}  // namespace
}  // namespace lk::cli
