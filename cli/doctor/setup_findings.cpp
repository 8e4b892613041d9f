#include "doctor/setup_findings.hpp"

namespace lk::doctor {
namespace {

Finding profile_finding(const aws::ProfileFiles& files) {
    const std::string from(files.selected_by());
    Finding finding{.step = "profile",
                    .text = files.selected() + (from == "default" ? "" : " (" + from + ")"),
                    .facts = {{"profile", files.selected()}, {"from", from}}};
    for (const aws::IniFile* file : {&files.config_file(), &files.credentials_file()}) {
        finding.details.push_back(file->path() + (file->exists() ? "" : ": is not there"));
    }
    return finding;
}

Finding region_finding(const aws::Service& service) {
    return {.step = "region",
            .text = service.region + " (" + service.region_from + ")",
            .facts = {{"region", service.region}, {"from", service.region_from}}};
}

Finding trust_finding(const aws::FoundBundle& bundle) {
    return {.step = "trust",
            .text = bundle.path.empty() ? "the system's certificates"
                                        : bundle.path + " (" + bundle.from + ")",
            .facts = {{"ca_bundle", bundle.path}, {"from", bundle.from}}};
}

Finding credentials_finding(const std::vector<credentials::Step>& steps, const Error* error) {
    Finding finding{.step = "credentials"};
    for (const credentials::Step& step : steps) {
        const bool says_where = step.finding.starts_with(step.place);
        const std::string line = says_where ? step.finding : step.place + ": " + step.finding;
        if (step.chosen && error == nullptr) {
            finding.text = line;
            finding.facts = {{"from", step.place}};
        } else {
            finding.details.push_back(line);
        }
    }
    if (error != nullptr) {
        finding.verdict = Verdict::bad;
        finding.code = error->code;
        finding.text = error->message;
    }
    return finding;
}

Finding refusal(std::string step, const Error& error) {
    return {.step = std::move(step),
            .verdict = Verdict::bad,
            .text = error.message,
            .code = error.code};
}

}  // namespace

Finding endpoint_finding(const aws::Service& service, std::string_view stream) {
    const auto chosen = aws::endpoint_of_stream(service, stream, aws::Plane::data);
    if (!chosen) return refusal("endpoint", chosen.error());
    return {.step = "endpoint",
            .text = chosen->endpoint.url + " (" + chosen->why + ")",
            .facts = {{"url", chosen->endpoint.url}, {"from", chosen->why}}};
}

// In the order in which a client is made.
void add_setup_findings(const kinesis::Findings& found, const Error* error, std::string_view stream,
                        Findings& to) {
    const std::string why = "an earlier step failed";
    if (!found.files) {
        to.push_back(refusal("profile", *error));
        for (const char* step : {"region", "endpoint", "trust", "credentials"}) {
            to.push_back(not_looked_at(step, why));
        }
        return;
    }
    to.push_back(profile_finding(*found.files));
    if (!found.service) {
        // Region and endpoint are found together; the message says which of them is wrong.
        to.push_back(refusal("endpoint", *error));
        for (const char* step : {"trust", "credentials"}) to.push_back(not_looked_at(step, why));
        return;
    }
    to.push_back(region_finding(*found.service));
    to.push_back(endpoint_finding(*found.service, stream));
    if (!found.ca_bundle) {
        to.push_back(refusal("trust", *error));
        to.push_back(not_looked_at("credentials", why));
        return;
    }
    to.push_back(trust_finding(*found.ca_bundle));
    to.push_back(credentials_finding(found.credentials, error));
}

}  // namespace lk::doctor
