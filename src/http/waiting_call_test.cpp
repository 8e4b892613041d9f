#include "http/waiting_call.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <optional>
#include <thread>

#include "http/scripted_server.hpp"

namespace lk::http {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

// Answers each request alike and keeps the last one.
class Answering {
  public:
    explicit Answering(int status, std::string body = {}, std::string headers = {})
        : server_([=, this](ScriptedConnection& connection) {
              while (auto request = connection.read_request()) {
                  {
                      const std::lock_guard lock(mutex_);
                      last_ = *request;
                  }
                  connection.answer(status, body, headers);
              }
          }) {}

    [[nodiscard]] std::string url() const { return server_.url(); }
    [[nodiscard]] int port() const { return server_.port(); }
    [[nodiscard]] std::size_t connections() const { return server_.connections(); }
    [[nodiscard]] ReceivedRequest last() const {
        const std::lock_guard lock(mutex_);
        return last_;
    }

  private:
    mutable std::mutex mutex_;
    ReceivedRequest last_;
    ScriptedServer server_;
};

TEST(WaitingCall, SendsAnyMethodWithItsHeadersAndBody) {
    struct Case {
        const char* method;
        std::string_view body;
    };
    for (const auto& one : {Case{"GET", ""}, Case{"PUT", ""}, Case{"POST", "a=b&c=d"}}) {
        Answering server(200, "an answer");
        const auto came = call_and_wait({.method = one.method,
                                         .url = server.url() + "path?query=1",
                                         .headers = {"X-Token: abc", "Content-Type: text/plain"},
                                         .body = one.body,
                                         .user_agent = "lk-dispatch/test"});
        ASSERT_TRUE(came) << came.error().message;
        EXPECT_EQ(came->status, 200);
        EXPECT_EQ(came->body, "an answer");
        const auto request = server.last();
        EXPECT_EQ(request.first_line, std::string(one.method) + " /path?query=1 HTTP/1.1");
        EXPECT_EQ(request.body, one.body);
        EXPECT_EQ(request.headers.at("x-token"), "abc");
        EXPECT_EQ(request.headers.at("content-type"), "text/plain");
        EXPECT_EQ(request.headers.at("user-agent"), "lk-dispatch/test");
        EXPECT_EQ(request.headers.count("expect"), 0U);
    }
}

// Whoever wants to follow would send the token in the headers along, to anywhere.
TEST(WaitingCall, GivesARedirectAsAnAnswerAndGoesNowhere) {
    Answering elsewhere(200);
    Answering server(302, "", "Location: " + elsewhere.url() + "\r\n");
    const auto came = call_and_wait({.url = server.url()});
    ASSERT_TRUE(came) << came.error().message;
    EXPECT_EQ(came->status, 302);
    EXPECT_EQ(elsewhere.connections(), 0U);
}

TEST(WaitingCall, TellsTheDateOfTheAnswer) {
    Answering server(403, "", "DATE:  Sun, 06 Nov 1994 08:49:37 GMT \r\n");
    EXPECT_EQ(call_and_wait({.url = server.url()}).value().date, "Sun, 06 Nov 1994 08:49:37 GMT");
    Answering other(200, "", "Dated: yes\r\n");
    EXPECT_EQ(call_and_wait({.url = other.url()}).value().date, "");
}

TEST(WaitingCall, CutsAnAnswerOffThatIsTooLarge) {
    const std::pair<std::string, std::string> cases[] = {
        {std::string(5000, 'x'), ""}, {"", "X-Long: " + std::string(5000, 'x') + "\r\n"}};
    for (const auto& [body, headers] : cases) {
        Answering server(200, body, headers);
        const auto came = call_and_wait({.url = server.url(), .max_answer_bytes = 4000});
        ASSERT_FALSE(came);
        EXPECT_THAT(came.error().message, HasSubstr("over the limit of 4000 bytes"));
    }
    Answering server(200, std::string(3000, 'x'));
    EXPECT_EQ(call_and_wait({.url = server.url(), .max_answer_bytes = 4000}).value().body.size(),
              3000U);
}

TEST(WaitingCall, EndsWithItsTimeWhateverTheServerDoes) {
    const ScriptedServer::Script scripts[] = {
        // Nothing at all; half a head; half a body.
        [](ScriptedConnection& connection) { connection.wait_for_more(); },
        [](ScriptedConnection& connection) {
            connection.read_request();
            connection.send("HTTP/1.1 200 OK\r\nContent-");
            connection.wait_for_more();
        },
        [](ScriptedConnection& connection) {
            connection.read_request();
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
            connection.wait_for_more();
        },
    };
    for (const auto& script : scripts) {
        ScriptedServer server([&](ScriptedConnection& connection) {
            script(connection);
            // Until the client goes away.
            while (connection.read_request()) connection.wait_for_more();
        });
        const auto came = call_and_wait({.url = server.url(), .timeout = milliseconds(100)});
        ASSERT_FALSE(came);
        EXPECT_THAT(came.error().message, HasSubstr("no answer from " + server.url()));
        EXPECT_FALSE(came.error().needs_mending);
    }
}

TEST(WaitingCall, TakesNoAnswerThatIsCutShortOrIsNoHttp) {
    // What speaks no HTTP is another service: asking it again does not help.
    const std::pair<const char*, bool> cases[] = {
        {"", false},
        {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", false},
        {"SSH-2.0-Other\r\n\r\n", true},
    };
    for (const auto& [sent, needs_mending] : cases) {
        ScriptedServer server([sent = sent](ScriptedConnection& connection) {
            connection.read_request();
            connection.send(sent);
        });
        const auto came = call_and_wait({.url = server.url()});
        ASSERT_FALSE(came) << sent;
        EXPECT_EQ(came.error().needs_mending, needs_mending) << came.error().message;
    }
}

TEST(WaitingCall, IsEndedByItsDescriptor) {
    // Closed after the server has ended, which writes to it.
    struct Event {
        const int descriptor = eventfd(0, EFD_CLOEXEC);
        ~Event() { close(descriptor); }
    } stop;
    ASSERT_GE(stop.descriptor, 0);
    ScriptedServer server([&](ScriptedConnection& connection) {
        connection.read_request();
        eventfd_write(stop.descriptor, 1);
        connection.wait_for_more();
    });
    // Longer than the test may take.
    const auto came = call_and_wait({.url = server.url(),
                                     .timeout = std::chrono::hours(1),
                                     .stop_descriptor = stop.descriptor});
    ASSERT_FALSE(came);
    EXPECT_THAT(came.error().message, HasSubstr("was ended"));
}

TEST(WaitingCall, SaysWhatTryingAgainCanNotMend) {
    std::string free_url;
    {
        const Answering closed(200);
        free_url = closed.url();
    }
    const std::pair<std::string, bool> cases[] = {
        {free_url, false},
        {"ftp://127.0.0.1/", true},
        {"http://127.0.0.1:99999/", true},
        {"http://127.0.0.1/a\nb", true},
    };
    for (const auto& [url, needs_mending] : cases) {
        const auto came = call_and_wait({.url = url});
        ASSERT_FALSE(came) << url;
        EXPECT_EQ(came.error().needs_mending, needs_mending) << url << came.error().message;
    }
}

TEST(WaitingCall, TrustsWhomTheBundleVouchesForAlone) {
    const TestCertificate authority = make_authority();
    const TemporaryFile bundle(authority.certificate);
    ScriptedServer server(
        [](ScriptedConnection& connection) {
            while (connection.read_request()) connection.answer(200, "told");
        },
        make_server_certificate(authority, "IP:127.0.0.1"));
    const auto untrusted = call_and_wait({.url = server.url()});
    ASSERT_FALSE(untrusted);
    EXPECT_TRUE(untrusted.error().needs_mending);
    const auto trusted = call_and_wait({.url = server.url(), .ca_bundle = bundle.path()});
    ASSERT_TRUE(trusted) << trusted.error().message;
    EXPECT_EQ(trusted->body, "told");
}

TEST(WaitingCall, SendsNoHeaderThatHoldsALineBreak) {
    Answering server(200);
    using namespace std::string_view_literals;
    for (const auto token : {"secret\r\nX-Other: 1"sv, "secret\n"sv, "secret\r"sv, "secret\0x"sv}) {
        const auto came = call_and_wait(
            {.url = server.url(), .headers = {WipedText("Authorization: ").append(token)}});
        ASSERT_FALSE(came);
        EXPECT_TRUE(came.error().needs_mending);
        EXPECT_FALSE(came.error().may_have_been_sent);
        EXPECT_THAT(came.error().message, HasSubstr("line break"));
        EXPECT_THAT(came.error().message, Not(HasSubstr("secret")));
    }
    EXPECT_EQ(server.connections(), 0U);
}

TEST(WaitingCall, QuotesNoSecretOfItsUrl) {
    for (const char* url :
         {"ftp://me:pass@host.example/at/path?token=query", "ftp://host.example/at/path#query",
          "ftp://me:pa@ss@host.example/at/path", "ftp://host.example/at/path"}) {
        const auto came = call_and_wait({.url = url});
        ASSERT_FALSE(came);
        EXPECT_THAT(came.error().message, HasSubstr("ftp://host.example/at/path "));
        EXPECT_THAT(came.error().message, Not(HasSubstr("me:")));
        EXPECT_THAT(came.error().message, Not(HasSubstr("@")));
        EXPECT_THAT(came.error().message, Not(HasSubstr("query")));
    }
}

// For a variable of the environment, put back as it was.
class Variable {
  public:
    Variable(const char* name, const std::string& value) : name_(name) {
        if (const char* before = getenv(name)) before_ = before;
        setenv(name, value.c_str(), 1);
    }
    ~Variable() {
        if (before_) {
            setenv(name_, before_->c_str(), 1);
        } else {
            unsetenv(name_);
        }
    }
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;

  private:
    const char* name_;
    std::optional<std::string> before_;
};

TEST(WaitingCall, AsksTheProxyOfTheEnvironmentOnlyWhereItMay) {
    Answering proxy(200, "from the proxy");
    const Variable set("http_proxy", proxy.url());
    const Variable no_exceptions("no_proxy", "");
    Answering here(200, "from here");
    // Leads to this machine, but is no address of it.
    const std::string any = "http://0.0.0.0:" + std::to_string(here.port()) + "/";
    EXPECT_EQ(call_and_wait({.url = any}).value().body, "from the proxy");
    EXPECT_EQ(call_and_wait({.url = any, .may_use_proxy = false}).value().body, "from here");
    EXPECT_EQ(call_and_wait({.url = here.url()}).value().body, "from here");
    EXPECT_EQ(proxy.connections(), 1U);
}

TEST(WaitingCall, AsksTheProxyThatItIsGivenBeforeThatOfTheEnvironment) {
    Answering other(200, "from another");
    const Variable set("http_proxy", other.url());
    Answering proxy(200, "from the proxy");
    const WaitingCall call{.url = "http://sts.example/", .proxy = WipedText(proxy.url())};
    EXPECT_EQ(call_and_wait(call).value().body, "from the proxy");
    EXPECT_EQ(other.connections(), 0U);
}

TEST(WaitingCall, TrustsAProxyThatSpeaksTlsByTheBundle) {
    const TestCertificate authority = make_authority();
    const TemporaryFile file(authority.certificate);
    ScriptedServer proxy(
        [](ScriptedConnection& connection) {
            while (connection.read_request()) connection.answer(200, "from the proxy");
        },
        make_server_certificate(authority, "IP:127.0.0.1"));
    WaitingCall call{.url = "http://sts.example/", .proxy = WipedText(proxy.url())};
    EXPECT_FALSE(call_and_wait(call));
    call.ca_bundle = file.path();
    const auto came = call_and_wait(call);
    ASSERT_TRUE(came) << came.error().message;
    EXPECT_EQ(came->body, "from the proxy");
}

TEST(WaitingCall, SaysWhatToCheckOnThisSide) {
    // A resolver may take its time to say so.
    const auto no_host = call_and_wait({.url = "http://no-such-host.invalid/",
                                        .connect_timeout = std::chrono::minutes(1),
                                        .timeout = std::chrono::minutes(2)});
    ASSERT_FALSE(no_host);
    EXPECT_THAT(no_host.error().message, HasSubstr("DNS"));
    // Nothing listens on the discard port of loopback.
    const auto no_proxy = call_and_wait(
        {.url = "http://sts.example/", .proxy = WipedText("http://user:hunter2@127.0.0.1:9")});
    ASSERT_FALSE(no_proxy);
    EXPECT_THAT(no_proxy.error().message, HasSubstr("option proxy"));
    EXPECT_THAT(no_proxy.error().message, testing::Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace lk::http
