#include "doctor/network_findings.hpp"

#include <cstdio>
#include <utility>

#include "aws/http_date.hpp"

namespace lk::doctor {
namespace {

using Stage = http::Probe::Stage;

// " in 1.2 ms"; nothing for a time that is not known.
std::string in(std::chrono::microseconds time) {
    if (time.count() == 0) return {};
    char text[32];
    std::snprintf(text, sizeof text, " in %.1f ms", static_cast<double>(time.count()) / 1000);
    return text;
}

std::string microseconds(std::chrono::microseconds time) {
    return std::to_string(time.count());
}

Finding lookup(const http::Probe& way) {
    return {.step = "DNS",
            .text = (way.through_proxy ? "the proxy's name was found" : "found") + in(way.lookup),
            .facts = {{"microseconds", microseconds(way.lookup)}}};
}

Finding connection(const http::Probe& way) {
    const std::string to = way.address.empty() ? "connected" : "connected to " + way.address;
    return {.step = "TCP",
            .text = to + (way.through_proxy ? ", a proxy," : "") + in(way.connection),
            .facts = {{"address", way.address},
                      {"through_proxy", way.through_proxy ? "true" : "false"},
                      {"microseconds", microseconds(way.connection)}}};
}

Finding tls(const http::Probe& way) {
    Finding finding{
        .step = "TLS",
        .text = way.tls_version + in(way.tls),
        .facts = {{"version", way.tls_version}, {"microseconds", microseconds(way.tls)}}};
    if (way.certificate) {
        finding.details = {"certificate of " + way.certificate->subject,
                           "signed by " + way.certificate->issuer,
                           "good until " + way.certificate->ends};
        finding.facts.emplace_back("subject", way.certificate->subject);
        finding.facts.emplace_back("issuer", way.certificate->issuer);
        finding.facts.emplace_back("ends", way.certificate->ends);
    }
    return finding;
}

std::string told_offset(long long seconds) {
    if (seconds == 0) return "this machine's differs by 0 s from the service's";
    return "this machine's is " + std::to_string(seconds < 0 ? -seconds : seconds) + " s " +
           (seconds < 0 ? "ahead of" : "behind") + " the service's";
}

// To the second, as the service tells its time.
Finding clock_of(const http::Probe& way) {
    const auto theirs = aws::parse_http_date(way.date);
    if (!theirs) {
        return {.step = "clock",
                .verdict = Verdict::doubtful,
                .text = "the service did not tell its time"};
    }
    const long long offset =
        std::chrono::duration_cast<std::chrono::seconds>(*theirs - way.answered_at).count();
    Finding finding{.step = "clock",
                    .text = told_offset(offset),
                    .facts = {{"offset_seconds", std::to_string(offset)}}};
    constexpr long long most = 300;
    if (offset > most || offset < -most) {
        finding.verdict = Verdict::doubtful;
        finding.mend =
            "Set this machine's clock. Until then the first request of each client is sent twice: "
            "it is refused, and tells the time to sign with.";
    }
    return finding;
}

}  // namespace

void add_network_findings(const http::Probe& way, bool with_tls, Findings& to) {
    using Teller = Finding (*)(const http::Probe&);
    const std::pair<Stage, Teller> steps[] = {{Stage::lookup, &lookup},
                                              {Stage::connection, &connection},
                                              {Stage::tls, &tls},
                                              {Stage::answer, &clock_of}};
    for (const auto& [stage, tell] : steps) {
        if (stage == Stage::tls && !with_tls) continue;
        Finding finding = tell(way);
        if (way.failed_at < stage) {
            finding = not_looked_at(finding.step, "an earlier step failed");
        } else if (way.failed_at == stage) {
            finding = {.step = finding.step,
                       .verdict = Verdict::bad,
                       .text = way.failure,
                       .code = ErrorCode::network};
        }
        to.push_back(std::move(finding));
    }
}

void add_no_network_findings(Findings& to) {
    for (const char* step : {"DNS", "TCP", "TLS", "clock"}) {
        to.push_back(not_looked_at(step, "there is no endpoint"));
    }
}

}  // namespace lk::doctor
