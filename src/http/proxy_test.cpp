#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>

#include "http/post_and_wait.hpp"
#include "http/proxied.hpp"
#include "http/proxy.hpp"
#include "http/scripted_server.hpp"

namespace lk::http {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

void store_all(ScriptedConnection& connection) {
    while (connection.read_request()) connection.answer(200, "stored");
}

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

// A TLS server that is known as kinesis.example, by the proxy alone.
class Tunnelled : public Proxied {
  protected:
    static constexpr const char* url = "https://kinesis.example/";

    // Does what a proxy does with CONNECT, when the user and password are right.
    void give_way(ScriptedConnection& connection) {
        const auto request = connection.read_head();
        if (!request) return;
        {
            const std::lock_guard lock(mutex_);
            asked_.push_back(*request);
        }
        const auto given = request->headers.find("proxy-authorization");
        if (given == request->headers.end() || given->second != user_and_password) {
            connection.answer(407, "", "Proxy-Authenticate: Basic realm=\"proxy\"\r\n");
            return;
        }
        connection.send("HTTP/1.1 200 Connection established\r\n\r\n");
        connection.relay_to(server_.port());
    }

    [[nodiscard]] std::vector<ReceivedRequest> asked() {
        const std::lock_guard lock(mutex_);
        return asked_;
    }

    [[nodiscard]] std::string with_user(const char* user) const {
        return std::string("http://") + user + "@127.0.0.1:" + std::to_string(proxy_.port());
    }

    [[nodiscard]] Poster through(const std::string& proxy) const {
        return Poster(curl_transport({.ca_bundle = file_.path(), .proxy = WipedText(proxy)}));
    }

    // "us er:p@ss:w/rd"
    static constexpr const char* user_and_password = "Basic dXMgZXI6cEBzczp3L3Jk";
    static constexpr const char* escaped_user = "us%20er:p%40ss:w%2Frd";

    const TestCertificate authority_ = make_authority();
    const TemporaryFile file_{authority_.certificate};
    std::mutex mutex_;
    std::vector<ReceivedRequest> asked_;
    ScriptedServer server_{store_all, make_server_certificate(authority_, "DNS:kinesis.example")};
    ScriptedServer proxy_{[this](ScriptedConnection& connection) { give_way(connection); }};
};

TEST_F(Tunnelled, TheProxyOfTheOptionCarriesTlsAndSeesNoneOfIt) {
    Poster poster = through(with_user(escaped_user));
    for (int i = 0; i < 3; ++i) {
        const auto answer = poster.post(url, "body");
        ASSERT_TRUE(answer.has_value()) << answer.error().message;
        EXPECT_EQ(answer->body, "stored");
    }
    ASSERT_EQ(asked().size(), 1U);
    EXPECT_EQ(asked()[0].first_line, "CONNECT kinesis.example:443 HTTP/1.1");
}

TEST_F(Tunnelled, SoDoesThatOfTheEnvironment) {
    for (const char* name : {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) {
        setenv(name, with_user(escaped_user).c_str(), 1);
        const auto answer = through("").post(url, "body");
        EXPECT_TRUE(answer.has_value()) << name << ": " << answer.error().message;
        unsetenv(name);
    }
    EXPECT_EQ(asked().size(), 4U);
}

TEST_F(Tunnelled, TheOptionComesBeforeTheEnvironment) {
    setenv("https_proxy", dead, 1);
    EXPECT_TRUE(through(with_user(escaped_user)).post(url, "body").has_value());
}

TEST_F(Tunnelled, WrongUsersAreToldAndNothingIsSent) {
    for (const std::string& proxy : {with_user("us%20er:hunter2"), proxy_.url()}) {
        const auto answer = through(proxy).post(url, "body");
        ASSERT_FALSE(answer.has_value());
        EXPECT_FALSE(answer.error().may_have_been_sent);
        EXPECT_TRUE(answer.error().needs_mending);
        EXPECT_THAT(answer.error().message,
                    AllOf(HasSubstr("the proxy for kinesis.example:443 does not take the user"),
                          HasSubstr("option proxy"), Not(HasSubstr("hunter2"))));
    }
    EXPECT_EQ(server_.connections(), 0U);
}

// 0.0.0.0 is this machine for the kernel, but no address that is kept from proxies by itself.
TEST_F(Tunnelled, HostsInNoProxyAreReachedDirectly) {
    ScriptedServer direct(store_all, make_server_certificate(authority_, "IP:0.0.0.0"));
    const std::string direct_url = "https://0.0.0.0:" + std::to_string(direct.port()) + "/";
    for (const char* name : {"no_proxy", "NO_PROXY"}) {
        for (const char* hosts : {"0.0.0.0", "other.example, 0.0.0.0", "*"}) {
            setenv(name, hosts, 1);
            const auto answer = through(dead).post(direct_url, "body");
            EXPECT_TRUE(answer.has_value()) << name << "=" << hosts << answer.error().message;
        }
        setenv(name, "other.example,0.0.0.1", 1);
        EXPECT_TRUE(through(with_user(escaped_user)).post(url, "body").has_value());
        EXPECT_FALSE(through(dead).post(direct_url, "body").has_value());
        unsetenv(name);
    }
    EXPECT_EQ(asked().size(), 2U);
}

TEST_F(Tunnelled, ACertificateThatNobodyVouchesForIsRefusedBehindTheProxyToo) {
    Poster poster(curl_transport({.proxy = WipedText(with_user(escaped_user))}));
    const auto answer = poster.post(url, "body");
    ASSERT_FALSE(answer.has_value());
    EXPECT_FALSE(answer.error().may_have_been_sent);
    EXPECT_THAT(answer.error().message, HasSubstr("certificate of kinesis.example:443"));
}

TEST_F(Proxied, AProxyThatSpeaksTlsIsTrustedAsTheServersAre) {
    const TestCertificate authority = make_authority();
    const TemporaryFile file(authority.certificate);
    const auto certificate = make_server_certificate(authority, "IP:127.0.0.1");
    ScriptedServer proxy(store_all, certificate);
    const auto post_through = [&](const std::string& ca_bundle) {
        return Poster(curl_transport({.ca_bundle = ca_bundle, .proxy = WipedText(proxy.url())}))
            .post("http://kinesis.example/", "body");
    };
    const auto answer = post_through(file.path());
    ASSERT_TRUE(answer.has_value()) << answer.error().message;
    const auto refused = post_through("");
    ASSERT_FALSE(refused.has_value());
    EXPECT_FALSE(refused.error().may_have_been_sent);
}

TEST_F(Proxied, AProxyThatRefusesAHostNamesTheMend) {
    for (const auto& [status, for_good] : {std::pair(403, true), {429, false}, {503, false}}) {
        ScriptedServer proxy([status = status](ScriptedConnection& connection) {
            (void)connection.read_head();
            connection.answer(status, "no");
        });
        Poster poster(curl_transport({.proxy = WipedText(proxy.url())}));
        const auto answer = poster.post("https://kinesis.example/", "body");
        ASSERT_FALSE(answer.has_value());
        EXPECT_FALSE(answer.error().may_have_been_sent);
        EXPECT_EQ(answer.error().needs_mending, for_good) << status;
        EXPECT_THAT(answer.error().message,
                    AllOf(HasSubstr("does not give way to kinesis.example:443 and answers " +
                                    std::to_string(status)),
                          HasSubstr("no_proxy")));
    }
}

TEST_F(Proxied, AProxyThatIsNotThereIsNamed) {
    for (const char* url : {"https://kinesis.example/", "http://kinesis.example/"}) {
        Poster poster(curl_transport({.proxy = WipedText(dead)}));
        const auto answer = poster.post(url, "body");
        ASSERT_FALSE(answer.has_value());
        EXPECT_FALSE(answer.error().may_have_been_sent);
        EXPECT_THAT(answer.error().message,
                    AllOf(HasSubstr("no connection to the proxy 127.0.0.1:9 for kinesis.example"),
                          HasSubstr("option proxy"), HasSubstr("https_proxy")));
    }
}

// Without TLS the request itself goes to the proxy, and is not sent again with another user.
TEST_F(Proxied, AProxyThatRefusesARequestWithoutTlsIsTold) {
    ScriptedServer proxy([](ScriptedConnection& connection) {
        while (connection.read_request()) {
            connection.answer(407, "", "Proxy-Authenticate: Basic realm=\"proxy\"\r\n");
        }
    });
    Poster poster(curl_transport({.proxy = WipedText(proxy.url())}));
    const auto answer = poster.post("http://kinesis.example/", "body");
    ASSERT_FALSE(answer.has_value());
    EXPECT_TRUE(answer.error().needs_mending);
    EXPECT_THAT(answer.error().message,
                HasSubstr("the proxy for kinesis.example:80 does not take the user"));
}

TEST_F(Proxied, AnIpv6AddressIsAskedForInBrackets) {
    std::mutex mutex;
    std::vector<ReceivedRequest> asked;
    ScriptedServer proxy([&](ScriptedConnection& connection) {
        while (const auto request = connection.read_request()) {
            {
                const std::lock_guard lock(mutex);
                asked.push_back(*request);
            }
            connection.answer(503, "");
        }
    });
    Poster poster(curl_transport({.proxy = WipedText(proxy.url())}));
    EXPECT_TRUE(poster.post("http://[2001:db8::1]:4567/", "body").has_value());
    EXPECT_FALSE(poster.post("https://[2001:db8::1]/", "body").has_value());
    const std::lock_guard lock(mutex);
    ASSERT_EQ(asked.size(), 2U);
    EXPECT_EQ(asked[0].first_line, "POST http://[2001:db8::1]:4567/ HTTP/1.1");
    EXPECT_EQ(asked[0].headers["host"], "[2001:db8::1]:4567");
    EXPECT_EQ(asked[1].first_line, "CONNECT [2001:db8::1]:443 HTTP/1.1");
}

TEST_F(Proxied, APasswordInAProxyThatIsNoneIsNotRepeated) {
    for (const char* proxy : {"gopher://user:hunter2@proxy.example", "http://user:hunter2@a b",
                              "http://user:hunter2@proxy.example:99999", "http://u:hunter2@"}) {
        setenv("https_proxy", proxy, 1);
        const auto answer = Poster().post("https://kinesis.example/", "body");
        ASSERT_FALSE(answer.has_value()) << proxy;
        EXPECT_FALSE(answer.error().may_have_been_sent);
        EXPECT_THAT(answer.error().message,
                    AllOf(HasSubstr("kinesis.example"), Not(HasSubstr("hunter2"))));
    }
}

TEST(ProxyUrl, IsAHostWithPerhapsAPortAndAUser) {
    for (const char* url :
         {"http://proxy.example:3128", "https://proxy.example", "http://user:pass@10.0.0.1:8080/",
          "http://user@proxy", "http://[2001:db8::1]:3128", "http://a%40b:%2F%3A@proxy"}) {
        EXPECT_EQ(problem_of_proxy(url), "") << url;
    }
}

TEST(ProxyUrl, IsRefusedWithTheMendAndNotRepeated) {
    const std::pair<std::string, const char*> cases[] = {
        {"hunter2", "does not begin with http"},
        {"proxy.example:3128", "does not begin with http"},
        {"socks5://user:hunter2@proxy.example", "does not begin with http"},
        {"http://", "no URL"},
        {"http://user:hunter2@", "no URL"},
        {"http://user:hunter2@pro xy", "no URL"},
        {"http://user:hunter2@proxy:99999", "no URL"},
        {"http://user:hunter2@proxy/path", "more than a host"},
        {"http://user:hunter2@proxy?query", "more than a host"},
        {"http://user:hunter2@proxy#part", "more than a host"},
        {std::string("http://proxy\0hunter2", 20), "null byte"},
    };
    for (const auto& [url, why] : cases) {
        EXPECT_THAT(problem_of_proxy(url),
                    AllOf(HasSubstr(why), HasSubstr("http://host:port"), Not(HasSubstr("hunter2"))))
            << url;
    }
}

}  // namespace
}  // namespace lk::http
