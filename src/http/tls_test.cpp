#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "http/post_and_wait.hpp"
#include "http/scripted_server.hpp"

namespace lk::http {
namespace {

using testing::HasSubstr;

class Tls : public testing::Test {
  protected:
    static Poster trusting(const std::string& ca_bundle) {
        return Poster(curl_transport({.ca_bundle = ca_bundle, .user_agent = "lk-test"}));
    }

    static void store_all(ScriptedConnection& connection) {
        while (connection.read_request()) connection.answer(200, "stored");
    }

    const TestCertificate authority_ = make_authority();
    const TemporaryFile authority_file_{authority_.certificate};
};

TEST_F(Tls, IsSpokenWithAServerThatTheBundleVouchesFor) {
    ScriptedServer server(store_all, make_server_certificate(authority_, "IP:127.0.0.1"));
    Poster poster = trusting(authority_file_.path());
    for (int i = 0; i < 3; ++i) {
        const auto answer = poster.post(server.url(), "body");
        ASSERT_TRUE(answer.has_value()) << answer.error().message;
        EXPECT_EQ(answer->body, "stored");
    }
    EXPECT_EQ(server.connections(), 1U);
}

TEST_F(Tls, RefusesACertificateThatNobodyVouchesFor) {
    ScriptedServer server(store_all, make_server_certificate(authority_, "IP:127.0.0.1"));
    const auto answer = Poster().post(server.url(), "body");
    ASSERT_FALSE(answer.has_value());
    EXPECT_FALSE(answer.error().may_have_been_sent);
    EXPECT_TRUE(answer.error().needs_mending);
    EXPECT_THAT(answer.error().message,
                HasSubstr("certificate of 127.0.0.1:" + std::to_string(server.port())));
    EXPECT_THAT(answer.error().message, HasSubstr("ca_bundle"));
}

TEST_F(Tls, RefusesACertificateForAnotherHost) {
    ScriptedServer server(store_all, make_server_certificate(authority_, "DNS:other.example"));
    const auto answer = trusting(authority_file_.path()).post(server.url(), "body");
    ASSERT_FALSE(answer.has_value());
    EXPECT_FALSE(answer.error().may_have_been_sent);
    EXPECT_TRUE(answer.error().needs_mending);
    EXPECT_THAT(answer.error().message, HasSubstr("Use the host name"));
}

TEST_F(Tls, RefusesAServerVouchedForByAnotherAuthority) {
    const TestCertificate other = make_authority("another authority");
    ScriptedServer server(store_all, make_server_certificate(other, "IP:127.0.0.1"));
    const auto answer = trusting(authority_file_.path()).post(server.url(), "body");
    ASSERT_FALSE(answer.has_value());
    EXPECT_FALSE(answer.error().may_have_been_sent);
    EXPECT_TRUE(answer.error().needs_mending) << answer.error().message;
}

// As when an authority was made anew and the bundle still holds the old one.
TEST_F(Tls, RefusesAServerVouchedForByAnAuthorityOfTheSameNameAndAnotherKey) {
    ScriptedServer server(store_all, make_server_certificate(make_authority(), "IP:127.0.0.1"));
    const auto answer = trusting(authority_file_.path()).post(server.url(), "body");
    ASSERT_FALSE(answer.has_value());
    EXPECT_FALSE(answer.error().may_have_been_sent);
    EXPECT_THAT(answer.error().message, HasSubstr("the present certificate of its authority"));
}

TEST_F(Tls, RefusesAServerThatKnowsOlderVersionsThanTls12Only) {
    const TestCertificate certificate = make_server_certificate(authority_, "IP:127.0.0.1");
    for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
        ScriptedServer old(store_all, certificate, version);
        const auto answer = trusting(authority_file_.path()).post(old.url(), "body");
        ASSERT_FALSE(answer.has_value());
        EXPECT_FALSE(answer.error().may_have_been_sent);
        EXPECT_THAT(answer.error().message, HasSubstr("TLS 1.2 or later"));
    }
    ScriptedServer server(store_all, certificate, TLS1_2_VERSION);
    EXPECT_TRUE(trusting(authority_file_.path()).post(server.url(), "body").has_value());
}

TEST_F(Tls, NamesABundleThatCanNotBeRead) {
    ScriptedServer server(store_all, make_server_certificate(authority_, "IP:127.0.0.1"));
    const auto answer = trusting("/no/such/bundle.pem").post(server.url(), "body");
    ASSERT_FALSE(answer.has_value());
    EXPECT_FALSE(answer.error().may_have_been_sent);
    EXPECT_TRUE(answer.error().needs_mending);
    EXPECT_THAT(answer.error().message, HasSubstr("/no/such/bundle.pem"));
}

TEST_F(Tls, AHandshakeWithAServerThatSpeaksPlainHttpIsCertainlyNotSent) {
    ScriptedServer server([](ScriptedConnection& connection) {
        connection.wait_for_more();
        connection.answer(400, "speak HTTP");
    });
    const auto answer = trusting(authority_file_.path())
                            .post("https://127.0.0.1:" + std::to_string(server.port()), "body");
    ASSERT_FALSE(answer.has_value());
    EXPECT_FALSE(answer.error().may_have_been_sent);
    EXPECT_FALSE(answer.error().needs_mending);
    EXPECT_THAT(answer.error().message, HasSubstr("TLS handshake"));
}

// Through TLS, too, what the server has read whole must never be called unsent.
TEST_F(Tls, AConnectionThatEndsAfterTheBodyWasReadLeavesTheOutcomeUnknown) {
    std::atomic<int> received{0};
    ScriptedServer server(
        [&](ScriptedConnection& connection) {
            while (connection.read_request()) {
                ++received;
                if (received % 2 == 0) return;
                connection.answer(200, "stored");
            }
        },
        make_server_certificate(authority_, "IP:127.0.0.1"));
    Poster poster = trusting(authority_file_.path());
    const std::string body(600'000, 'x');
    for (int i = 0; i < 20; ++i) {
        const auto answer = poster.post(server.url(), body);
        EXPECT_EQ(answer.has_value(), i % 2 == 0);
        if (!answer) {
            EXPECT_TRUE(answer.error().may_have_been_sent) << answer.error().message;
        }
    }
    EXPECT_EQ(received, 20);
}

}  // namespace
}  // namespace lk::http
