#include "credentials/service_url.hpp"

#include "aws/partitions.hpp"

namespace lk::credentials {
namespace {

bool is_true(std::string_view text) {
    return text == "true" || text == "True" || text == "TRUE";
}

bool ignores_configured(const Surroundings& surroundings) {
    const std::string variable = surroundings.environment("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
    if (!variable.empty()) return is_true(variable);
    return is_true(surroundings.files.profile().value("ignore_configured_endpoint_urls"));
}

struct Configured {
    std::string url;
    std::string from;
};

Configured configured_url(const GivingService& service, const Surroundings& surroundings) {
    for (const std::string_view name : {service.variable, std::string_view("AWS_ENDPOINT_URL")}) {
        const std::string variable(name);
        if (auto url = surroundings.environment(variable.c_str()); !url.empty()) {
            return {std::move(url), variable};
        }
    }
    const aws::ConfigSection profile = surroundings.files.profile();
    if (const auto services = surroundings.files.services(profile.value("services"))) {
        if (const auto url = services->find(service.key, "endpoint_url")) {
            return {std::string(url->value), url->where("endpoint_url")};
        }
    }
    if (const auto url = profile.find("endpoint_url")) {
        return {std::string(url->value), url->where("endpoint_url")};
    }
    return {};
}

}  // namespace

Expected<aws::Endpoint, Error> service_url(const GivingService& service, std::string_view region,
                                           const Surroundings& surroundings) {
    if (!ignores_configured(surroundings)) {
        const Configured configured = configured_url(service, surroundings);
        if (!configured.url.empty()) return aws::parse_endpoint(configured.url, configured.from);
    }
    std::string host(service.host);
    if (region.empty()) return aws::parse_endpoint("https://" + host + ".amazonaws.com", "");
    const aws::Partition* partition = aws::partition_of_region(region);
    if (partition == nullptr) partition = &aws::commercial_partition();
    // The sign-in services have no names of their own for FIPS or IPv6.
    const bool is_sts = service.host == sts.host;
    if (is_sts && surroundings.fips && !partition->plain_name_is_fips) host += "-fips";
    host += ".";
    host += region;
    host += ".";
    host += is_sts && surroundings.dual_stack ? partition->dual_stack_suffix : partition->suffix;
    return aws::parse_endpoint("https://" + host, "the region");
}

}  // namespace lk::credentials
