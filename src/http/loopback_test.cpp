#include <gtest/gtest.h>

#include "http/loopback.hpp"

namespace lk::http {
namespace {

TEST(Loopback, IsThisMachineByNameOrAddress) {
    for (const char* url :
         {"http://localhost:4567", "https://LOCALHOST/", "http://localhost.:1/",
          "http://a.localhost", "http://127.0.0.1:4567/path", "http://127.9.8.7",
          "http://[::1]:4567/", "http://[::ffff:127.0.0.1]/", "http://user@127.0.0.1/"}) {
        EXPECT_TRUE(is_loopback(url)) << url;
    }
}

TEST(Loopback, IsNothingElse) {
    for (const char* url : {"https://kinesis.eu-west-1.amazonaws.com/", "http://128.0.0.1",
                            "http://10.0.0.1/127.0.0.1", "http://127.0.0.1@kinesis.example/",
                            "http://notlocalhost/", "http://localhost.example/", "http://[::2]/",
                            "http://[fe80::1]/", "http://127.0.0.1.example/", "", "no url"}) {
        EXPECT_FALSE(is_loopback(url)) << url;
    }
}

}  // namespace
}  // namespace lk::http
