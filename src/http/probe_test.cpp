#include "http/probe.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/scripted_server.hpp"

namespace lk::http {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using namespace std::chrono_literals;

constexpr const char* date = "Mon, 21 Sep 2026 14:13:20 GMT";

void answer_with_date(ScriptedConnection& connection) {
    while (const auto request = connection.read_request()) {
        connection.answer(404, "nothing here", "Date: " + std::string(date) + "\r\n");
    }
}

Probe probe_of(const std::string& url, const std::string& ca_bundle = {},
               std::chrono::milliseconds timeout = 60s) {
    return probe(url, {.connect_timeout = 60s, .ca_bundle = ca_bundle, .user_agent = "lk-test"},
                 timeout);
}

TEST(Probe, TellsEachStepOfTheWay) {
    ScriptedServer server(&answer_with_date);
    const Probe way = probe_of(server.url());
    EXPECT_EQ(way.failed_at, Probe::Stage::through) << way.failure;
    EXPECT_THAT(way.address, StartsWith("127.0.0.1:"));
    EXPECT_FALSE(way.through_proxy);
    EXPECT_GT(way.connection.count(), 0);
    EXPECT_EQ(way.tls_version, "");
    EXPECT_FALSE(way.certificate);
    EXPECT_EQ(way.status, 404);
    EXPECT_EQ(way.date, date);
    EXPECT_GT(way.answered_at.time_since_epoch().count(), 0);
}

class ProbeOfTls : public ::testing::Test {
  protected:
    const TestCertificate authority = make_authority();
    const TestCertificate certificate = make_server_certificate(authority, "IP:127.0.0.1");
    const TemporaryFile bundle{authority.certificate};
    ScriptedServer server{&answer_with_date, certificate};
};

TEST_F(ProbeOfTls, TellsVersionAndCertificate) {
    const Probe way = probe_of(server.url(), bundle.path());
    EXPECT_EQ(way.failed_at, Probe::Stage::through) << way.failure;
    EXPECT_THAT(way.tls_version, StartsWith("TLSv1."));
    ASSERT_TRUE(way.certificate);
    EXPECT_THAT(way.certificate->issuer, HasSubstr("lk test authority"));
    EXPECT_THAT(way.certificate->ends, HasSubstr("GMT"));
    EXPECT_GT(way.tls.count(), 0);
}

TEST_F(ProbeOfTls, TrustsWhomATransportTrusts) {
    const Probe way = probe_of(server.url());
    EXPECT_EQ(way.failed_at, Probe::Stage::tls);
    EXPECT_THAT(way.failure, HasSubstr("ca_bundle"));
    EXPECT_EQ(way.status, 0);
}

TEST(Probe, TellsAtWhichStepItEnded) {
    Probe way = probe_of("https://no-such-host.invalid/");
    EXPECT_EQ(way.failed_at, Probe::Stage::lookup);
    EXPECT_THAT(way.failure, HasSubstr("no address"));

    std::string closed;
    {
        ScriptedServer server(&answer_with_date);
        closed = server.url();
    }
    way = probe_of(closed);
    EXPECT_EQ(way.failed_at, Probe::Stage::connection);

    ScriptedServer plain([](ScriptedConnection& connection) {
        connection.answer(400, "speak HTTP");
        connection.wait_for_more();
    });
    way = probe_of("https" + plain.url().substr(4));
    EXPECT_EQ(way.failed_at, Probe::Stage::tls);
    EXPECT_THAT(way.failure, HasSubstr("TLS handshake"));

    ScriptedServer silent([](ScriptedConnection& connection) {
        static_cast<void>(connection.read_request());
        connection.wait_for_more();
    });
    // More time for a machine that is too slow to connect in so little.
    for (auto patience = 200ms; patience < 1min; patience *= 5) {
        way = probe(silent.url(), {.connect_timeout = patience, .user_agent = "lk-test"}, 100ms);
        if (way.failed_at == Probe::Stage::answer) break;
    }
    EXPECT_EQ(way.failed_at, Probe::Stage::answer);
    EXPECT_THAT(way.failure, HasSubstr("no whole answer"));
}

}  // namespace
}  // namespace lk::http
