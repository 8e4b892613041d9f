#include <gtest/gtest.h>

#include <cstdlib>

#include "http/loopback.hpp"
#include "http/post_and_wait.hpp"
#include "http/scripted_server.hpp"

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

// Sets the proxies that libcurl finds in the environment, for one test.
class Proxied : public testing::Test {
  protected:
    static constexpr const char* names[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
                                            "ALL_PROXY",  "no_proxy",    "NO_PROXY"};

    Proxied() {
        for (const char* name : names) {
            const char* value = std::getenv(name);
            before_.emplace_back(name, value == nullptr ? "" : value);
            unsetenv(name);
        }
    }
    ~Proxied() override {
        for (const auto& [name, value] : before_) {
            if (value.empty()) {
                unsetenv(name.c_str());
            } else {
                setenv(name.c_str(), value.c_str(), 1);
            }
        }
    }

    static void store_all(ScriptedConnection& connection) {
        while (connection.read_request()) connection.answer(200, "stored");
    }

  private:
    std::vector<std::pair<std::string, std::string>> before_;
};

// Nothing listens on the discard port of loopback.
constexpr const char* dead = "http://127.0.0.1:9";

TEST_F(Proxied, AnAddressOfThisMachineIsReachedWithoutTheEnvironmentsProxy) {
    ScriptedServer server(store_all);
    for (const char* name : {"http_proxy", "all_proxy"}) setenv(name, dead, 1);
    Poster poster;
    const auto answer = poster.post(server.url(), "body");
    ASSERT_TRUE(answer) << answer.error().message;
    const std::string by_name = "http://localhost:" + std::to_string(server.port()) + "/";
    EXPECT_TRUE(poster.post(by_name, "body"));
}

TEST_F(Proxied, SoItIsOverTls) {
    const TestCertificate authority = make_authority();
    const TemporaryFile file(authority.certificate);
    ScriptedServer server(store_all, make_server_certificate(authority, "IP:127.0.0.1"));
    for (const char* name : {"https_proxy", "all_proxy"}) setenv(name, dead, 1);
    Poster poster(curl_transport({.ca_bundle = file.path()}));
    const auto answer = poster.post(server.url(), "body");
    ASSERT_TRUE(answer) << answer.error().message;
}

TEST_F(Proxied, AnyOtherAddressIsReachedThroughIt) {
    ScriptedServer proxy([&](ScriptedConnection& connection) {
        while (const auto request = connection.read_request()) {
            connection.answer(200, "proxied: " + request->first_line);
        }
    });
    ScriptedServer direct(store_all);
    setenv("http_proxy", proxy.url().c_str(), 1);
    Poster poster;
    // One handle after the other way: neither sticks to it.
    ASSERT_TRUE(poster.post(direct.url(), "body"));
    const auto answer = poster.post("http://kinesis.example/", "body");
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->body, "proxied: POST http://kinesis.example/ HTTP/1.1");
    EXPECT_EQ(poster.post(direct.url(), "body")->body, "stored");
}

}  // namespace
}  // namespace lk::http
