#include <gtest/gtest.h>

#include <cstdlib>

#include <lk/dispatch.hpp>
#include <lk/local_kinesis.hpp>

#include "base/test_directory.hpp"
#include "counted_malloc.hpp"
#include "pipeline/memory_bound.hpp"
#include "puts.hpp"

// What requests take, at their largest.

namespace lk::testing {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t mebibyte = 1024 * 1024;

// Each is answered after a while, so that all of them are under way at once.
Listening slow_stream(bool tls) {
    auto local = local_kinesis(
        {.streams = {{.name = "s", .shards = 4}},
         .discard = true,
         .tls = tls,
         .faults = R"({"rules": [{"on": {"operation": "PutRecords"}, "do": {"delay_ms": 300}}]})"});
    return {.url = local->endpoint(), .ca_certificate = local->ca_certificate(), .server = local};
}

struct Wire {
    WireFormat format;
    bool tls;
};

std::string name_of(const Wire& wire) {
    return std::string(wire.format == WireFormat::json ? "Json" : "Cbor") +
           (wire.tls ? "OverTls" : "");
}

void PrintTo(const Wire& wire, std::ostream* out) {
    *out << name_of(wire);
}

class ClientMemory : public ::testing::TestWithParam<Wire> {
  protected:
    void SetUp() override {
        if (!counts_malloc()) GTEST_SKIP() << "malloc is a sanitizer's here";
    }
    /// The file of what is to be trusted; empty without TLS.
    std::string ca_bundle_of(const ServerProcess& server) const {
        if (server.ca_certificate().empty()) return {};
        directory_.write("ca.pem", server.ca_certificate());
        return directory_.path() + "/ca.pem";
    }

  private:
    const TestDirectory directory_;
};

// Keys of quotation marks, which JSON doubles; control characters alone would take more.
TEST_P(ClientMemory, HoldsWhileAsManyRequestsAsMayBeAreUnderWayAndAsLargeAsTheyMayBe) {
    const auto [format, tls] = GetParam();
    const ServerProcess server([tls = tls] { return slow_stream(tls); });
    const std::string ca_bundle = ca_bundle_of(server);
    const std::string key(256, '"');
    Puts puts(10 * mebibyte / records_a_request - key.size(), key);
    begin_counting();
    EXPECT_EQ(puts.put(*client_of(server, ca_bundle, format)), requests_in_flight);
    const auto bound = bound_of(format, requests_in_flight * 10 * mebibyte);
    EXPECT_LT(most_allocated(), bound.sum());
    // Of that, this much is no more than what it is said to be.
    EXPECT_GT(most_allocated(), bound.bodies * 9 / 10);
    EXPECT_LT(most_allocated(), bound.bodies + bound.connections + bound.rest + mebibyte);
}

TEST_P(ClientMemory, HoldsTogetherWithADispatchFunction) {
    const auto [format, tls] = GetParam();
    const ServerProcess server([tls = tls] { return slow_stream(tls); });
    const std::string ca_bundle = ca_bundle_of(server);
    DispatchOptions options{.kinesis_stream = "s",
                            .producer_id = "server@hostname",
                            .max_requests_in_flight = requests_in_flight,
                            .budget_bytes = 64 * mebibyte};
    const std::string data(mebibyte - 100, 'x');
    begin_counting();
    {
        options.kinesis_client = client_of(server, ca_bundle, format);
        auto dispatch = get_dispatch(options);
        for (int i = 0; i < 100; ++i) dispatch.record(data);
        EXPECT_EQ(dispatch.flush(100s)->published, 100U);
    }
    const std::size_t pipeline =
        pipeline::most_memory({.budget_bytes = options.budget_bytes,
                               .budget_events = options.budget_events,
                               .max_requests_in_flight = requests_in_flight,
                               .largest_record_bytes = mebibyte});
    EXPECT_LT(most_allocated(), pipeline + bound_of(format, options.budget_bytes + mebibyte).sum());
    EXPECT_GT(most_allocated(), options.budget_bytes * (format == WireFormat::json ? 3 : 2) / 2);
}

// They are read once, and not for each connection, which would keep them.
TEST(TrustMemory, IsSharedByAllConnectionsWhereTheSystemsAuthoritiesAreTrusted) {
    if (!counts_malloc()) GTEST_SKIP() << "malloc is a sanitizer's here";
    ::unsetenv("AWS_CA_BUNDLE");
    const ServerProcess server([] { return slow_stream(true); });
    Puts puts(10, "k");
    const auto client = client_of(server, {}, WireFormat::cbor);
    EXPECT_EQ(puts.put(*client), 0U) << "of whom the server's is none";
    begin_counting();
    EXPECT_EQ(puts.put(*client), 0U);
    EXPECT_LT(allocated_so_far(), requests_in_flight * mebibyte);
}

INSTANTIATE_TEST_SUITE_P(Wire, ClientMemory,
                         ::testing::Values(Wire{WireFormat::cbor, false},
                                           Wire{WireFormat::json, false},
                                           Wire{WireFormat::cbor, true},
                                           Wire{WireFormat::json, true}),
                         [](const auto& one) { return name_of(one.param); });

}  // namespace
}  // namespace lk::testing
