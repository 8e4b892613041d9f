#include "aws/kinesis_service.hpp"

#include <algorithm>
#include <utility>

#include "aws/stream_arn.hpp"

namespace lk::aws {
namespace {

std::string lower_case(std::string_view text) {
    std::string lower(text);
    for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return lower;
}

Error refused(std::string message) {
    return {.code = ErrorCode::bad_option, .message = std::move(message)};
}

// A setting that is on or off, and what says so.
struct Switch {
    bool on = false;
    std::string from = {};
};

struct SwitchNames {
    const char* option;
    const char* variable;
    const char* key;
};
constexpr SwitchNames fips_names = {"option use_fips", "AWS_USE_FIPS_ENDPOINT",
                                    "use_fips_endpoint"};
constexpr SwitchNames dual_stack_names = {"option use_dual_stack", "AWS_USE_DUALSTACK_ENDPOINT",
                                          "use_dualstack_endpoint"};
constexpr SwitchNames ignore_names = {"", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
                                      "ignore_configured_endpoint_urls"};

Expected<Switch, Error> find_switch(std::optional<bool> option, const SwitchNames& names,
                                    const Environment& environment, const ConfigSection& profile) {
    if (option) return Switch{*option, names.option};
    std::string text = environment(names.variable);
    std::string from = names.variable;
    if (text.empty()) {
        const auto setting = profile.find(names.key);
        if (!setting) return Switch{};
        text = setting->value;
        from = setting->where(names.key);
    }
    const std::string lower = lower_case(text);
    // Not quietly "off" as in botocore: whoever writes 1 means to have FIPS.
    if (lower != "true" && lower != "false") {
        return refused(from + ": \"" + text.substr(0, 100) + "\" is neither true nor false");
    }
    return Switch{lower == "true", std::move(from)};
}

// Both are empty when none is configured.
struct FoundUrl {
    std::string url;
    std::string from;
};

Expected<FoundUrl, Error> find_in_services(const ConfigSection& profile,
                                           const ProfileFiles& files) {
    const auto name = profile.find("services");
    if (!name) return FoundUrl{};
    const auto services = files.services(name->value);
    if (!services) {
        return refused(name->where("services") + ": there is no section [services " +
                       std::string(name->value.substr(0, 100)) + "] in " +
                       files.config_file().path() + "; add it, or remove the setting");
    }
    if (const auto plain = services->find("kinesis")) {
        return refused(plain->where("kinesis") +
                       ": takes no value of its own; write endpoint_url = URL on a line below it, "
                       "indented");
    }
    const auto url = services->find("kinesis", "endpoint_url");
    if (!url) return FoundUrl{};
    return FoundUrl{std::string(url->value), url->where("kinesis endpoint_url")};
}

Expected<FoundUrl, Error> find_configured_url(const Environment& environment,
                                              const ConfigSection& profile,
                                              const ProfileFiles& files) {
    for (const char* variable : {"AWS_ENDPOINT_URL_KINESIS", "AWS_ENDPOINT_URL"}) {
        if (auto url = environment(variable); !url.empty()) return FoundUrl{url, variable};
    }
    auto of_service = find_in_services(profile, files);
    if (!of_service || !of_service->url.empty()) return of_service;
    if (const auto url = profile.find("endpoint_url")) {
        return FoundUrl{std::string(url->value), url->where("endpoint_url")};
    }
    return FoundUrl{};
}

Error no_region() {
    return refused(
        "no AWS region: option region is empty, neither AWS_REGION nor AWS_DEFAULT_REGION is set "
        "in the environment, and the profile has no region; give the region of the stream, such "
        "as eu-west-1 (or an endpoint: option endpoint, AWS_ENDPOINT_URL_KINESIS, "
        "AWS_ENDPOINT_URL)");
}

// Regions were once written fips-us-east-1 or us-east-1-fips; botocore still takes them.
void take_fips_out_of(FoundRegion& region, Switch& fips) {
    constexpr std::string_view prefix = "fips-";
    constexpr std::string_view suffix = "-fips";
    std::string_view name = region.name;
    if (name.starts_with(prefix)) {
        name.remove_prefix(prefix.size());
    } else if (name.ends_with(suffix)) {
        name.remove_suffix(suffix.size());
    }
    // What is left of fips--x is no region.
    if (name.size() == region.name.size() || !is_host_label(name)) return;
    region.name = std::string(name);
    fips = {true, region.from};
}

Endpoint of_host(std::string host) {
    Endpoint endpoint;
    endpoint.url = "https://" + host + "/";
    endpoint.host = std::move(host);
    endpoint.path = "/";
    return endpoint;
}

std::string host_of(const Service& service, std::string_view name, bool with_fips_in_name) {
    const Partition& partition = *service.partition;
    std::string host(name);
    if (with_fips_in_name) host += "-fips";
    host += ".";
    host += service.region;
    host += ".";
    host += service.dual_stack ? partition.dual_stack_suffix : partition.suffix;
    return lower_case(host);
}

// What is known before an endpoint is chosen.
struct Settings {
    Switch ignore;
    Switch fips;
    Switch dual_stack;
};

Expected<Service, Error> custom_service(Endpoint endpoint, const FoundUrl& url, FoundRegion region,
                                        const Settings& settings) {
    for (const auto& [chosen, what] :
         {std::pair(&settings.fips, "FIPS"), std::pair(&settings.dual_stack, "dual-stack")}) {
        if (!chosen->on) continue;
        return refused(url.from + ": a custom endpoint can not be had together with " + what +
                       " (" + chosen->from +
                       "); give the endpoint's own URL of that kind and "
                       "switch " +
                       what + " off, or remove the endpoint");
    }
    if (region.name.empty()) {
        if (is_aws_host(endpoint.host)) return no_region();
        region = {"us-east-1", "nothing: a custom endpoint, signed for this one"};
    }
    Service service;
    service.endpoint = std::move(endpoint);
    service.region = std::move(region.name);
    service.region_from = std::move(region.from);
    service.why = url.from;
    return service;
}

Expected<Service, Error> service_by_rules(FoundRegion region, const Settings& settings,
                                          const ServiceOptions& options) {
    if (region.name.empty()) return no_region();
    const Partition* partition = partition_of_region(lower_case(region.name));
    Service service;
    service.partition = partition != nullptr ? partition : &commercial_partition();
    service.fips = settings.fips.on;
    service.dual_stack = settings.dual_stack.on;
    service.account_hosts = options.account_hosts;
    service.region = std::move(region.name);
    service.region_from = std::move(region.from);
    service.why = "AWS's own for region " + service.region + " (" + service.region_from +
                  ") of partition " + std::string(service.partition->name);
    if (partition == nullptr) service.why += " (assumed: the region has no partition's form)";
    if (service.fips) service.why += ", FIPS (" + settings.fips.from + ")";
    if (service.dual_stack) service.why += ", dual-stack (" + settings.dual_stack.from + ")";
    if (settings.ignore.on) {
        service.why += ", configured URLs ignored (" + settings.ignore.from + ")";
    }
    const bool plain_name_will_do = service.partition->plain_name_is_fips && !service.dual_stack;
    service.endpoint = of_host(host_of(service, "kinesis", service.fips && !plain_name_will_do));
    return service;
}

}  // namespace

Expected<Service, Error> find_kinesis(const ServiceOptions& options, const Environment& environment,
                                      const ProfileFiles& files, const RegionOfMachine& machine) {
    const ConfigSection profile = files.profile();
    Settings settings;
    for (const auto& [to, option, names] :
         {std::tuple(&settings.ignore, std::optional<bool>(), &ignore_names),
          std::tuple(&settings.fips, options.fips, &fips_names),
          std::tuple(&settings.dual_stack, options.dual_stack, &dual_stack_names)}) {
        auto found = find_switch(option, *names, environment, profile);
        if (!found) return std::move(found).error();
        *to = std::move(*found);
    }

    FoundUrl url{std::string(options.endpoint), "option endpoint"};
    if (url.url.empty() && !settings.ignore.on) {
        auto configured = find_configured_url(environment, profile, files);
        if (!configured) return std::move(configured).error();
        url = std::move(*configured);
    }
    if (url.url.empty()) {
        auto region = find_region(options.region, environment, files, machine);
        if (!region) return std::move(region).error();
        take_fips_out_of(*region, settings.fips);
        return service_by_rules(std::move(*region), settings, options);
    }
    auto endpoint = parse_endpoint(url.url, url.from);
    if (!endpoint) return std::move(endpoint).error();
    // Off AWS, waiting for a machine that answers no such question would be in vain.
    auto region = find_region(options.region, environment, files,
                              is_aws_host(endpoint->host) ? machine : RegionOfMachine());
    if (!region) return std::move(region).error();
    take_fips_out_of(*region, settings.fips);
    return custom_service(std::move(*endpoint), url, std::move(*region), settings);
}

Expected<ChosenEndpoint, Error> endpoint_of_stream(const Service& service, std::string_view stream,
                                                   Plane plane) {
    const ChosenEndpoint of_service{service.endpoint, service.why};
    if (!is_arn(stream)) return of_service;
    const bool at_aws = service.partition != nullptr || is_aws_host(service.endpoint.host);
    if (!at_aws) return of_service;
    const auto arn = parse_stream_arn(stream);
    if (!arn) return arn.error();
    const auto differs = [&](const char* what, std::string_view of_arn, std::string_view ours) {
        return refused("stream \"" + std::string(stream.substr(0, 300)) + "\" is in " + what +
                       " \"" + std::string(of_arn) + "\" and the client in \"" + std::string(ours) +
                       "\" (region " + service.region + ", from " + service.region_from +
                       "); make the client for the stream's region");
    };
    if (service.partition != nullptr && arn->partition != service.partition->name) {
        return differs("partition", arn->partition, service.partition->name);
    }
    if (arn->region != service.region) return differs("region", arn->region, service.region);
    if (service.partition == nullptr || !service.partition->account_hosts ||
        !service.account_hosts) {
        return of_service;
    }
    std::string name(arn->account);
    name += plane == Plane::data ? ".data-kinesis" : ".control-kinesis";
    return ChosenEndpoint{
        of_host(host_of(service, name, service.fips)),
        service.why + ", account " + std::string(arn->account) + " (the stream's ARN)"};
}

}  // namespace lk::aws
