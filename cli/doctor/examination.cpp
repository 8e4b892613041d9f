#include "doctor/examination.hpp"

#include "doctor/network_findings.hpp"
#include "doctor/setup_findings.hpp"
#include "doctor/stream_findings.hpp"
#include "http/probe.hpp"

namespace lk::doctor {
namespace {

constexpr std::chrono::seconds patience{10};
// The client gives up by itself, and says more about why.
constexpr std::chrono::seconds grace{5};

}  // namespace

Findings examine(const Opened& opened, const std::string& stream) {
    Findings findings;
    const kinesis::Findings& found = opened.found;
    const Error* const error = opened.client ? nullptr : &opened.client.error();
    add_setup_findings(found, error, stream, findings);
    const auto endpoint = found.service
                              ? aws::endpoint_of_stream(*found.service, stream, aws::Plane::data)
                              : Expected<aws::ChosenEndpoint, Error>(Error{});
    bool reached = false;
    if (endpoint && found.transport) {
        const std::string& url = endpoint->endpoint.url;
        const http::Probe way = http::probe(url, *found.transport, patience);
        reached = way.failed_at == http::Probe::Stage::through;
        add_network_findings(way, url.starts_with("https:"), findings);
    } else {
        add_no_network_findings(findings);
    }
    if (opened.client && reached) {
        add_stream_findings(**opened.client, stream, patience + grace, findings);
    } else {
        add_no_stream_findings(findings);
    }
    return findings;
}

}  // namespace lk::doctor
