#include "aws/partitions.hpp"

#include <algorithm>

namespace lk::aws {
namespace {

constexpr Partition partitions[] = {
    {.name = "aws",
     .suffix = "amazonaws.com",
     .dual_stack_suffix = "api.aws",
     .region_prefixes = "us eu ap sa ca me af il mx ",
     .account_hosts = true,
     .plain_name_is_fips = false},
    {.name = "aws-cn",
     .suffix = "amazonaws.com.cn",
     .dual_stack_suffix = "api.amazonwebservices.com.cn",
     .region_prefixes = "cn ",
     .account_hosts = true,
     .plain_name_is_fips = false},
    {.name = "aws-us-gov",
     .suffix = "amazonaws.com",
     .dual_stack_suffix = "api.aws",
     .region_prefixes = "us-gov ",
     .account_hosts = true,
     .plain_name_is_fips = true},
    {.name = "aws-iso",
     .suffix = "c2s.ic.gov",
     .dual_stack_suffix = "api.aws.ic.gov",
     .region_prefixes = "us-iso ",
     .account_hosts = false,
     .plain_name_is_fips = false},
    {.name = "aws-iso-b",
     .suffix = "sc2s.sgov.gov",
     .dual_stack_suffix = "api.aws.scloud",
     .region_prefixes = "us-isob ",
     .account_hosts = false,
     .plain_name_is_fips = false},
    {.name = "aws-iso-e",
     .suffix = "cloud.adc-e.uk",
     .dual_stack_suffix = "api.cloud-aws.adc-e.uk",
     .region_prefixes = "eu-isoe ",
     .account_hosts = true,
     .plain_name_is_fips = false},
    {.name = "aws-iso-f",
     .suffix = "csp.hci.ic.gov",
     .dual_stack_suffix = "api.aws.hci.ic.gov",
     .region_prefixes = "us-isof ",
     .account_hosts = true,
     .plain_name_is_fips = false},
    {.name = "aws-eusc",
     .suffix = "amazonaws.eu",
     .dual_stack_suffix = "api.amazonwebservices.eu",
     .region_prefixes = "eusc-de ",
     .account_hosts = true,
     .plain_name_is_fips = false},
};

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_word_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_';
}

// "-west-1": what follows the prefix in a region.
bool is_word_and_number(std::string_view text) {
    if (!text.starts_with('-')) return false;
    text.remove_prefix(1);
    const auto hyphen = text.find('-');
    if (hyphen == 0 || hyphen == std::string_view::npos) return false;
    const std::string_view word = text.substr(0, hyphen);
    const std::string_view number = text.substr(hyphen + 1);
    return std::all_of(word.begin(), word.end(), is_word_character) && !number.empty() &&
           std::all_of(number.begin(), number.end(), is_digit);
}

bool has_form(std::string_view region, std::string_view prefixes) {
    while (!prefixes.empty()) {
        const auto space = prefixes.find(' ');
        if (region.starts_with(prefixes.substr(0, space)) &&
            is_word_and_number(region.substr(space))) {
            return true;
        }
        prefixes.remove_prefix(space + 1);
    }
    return false;
}

bool ends_in(std::string_view host, std::string_view suffix) {
    return host.size() > suffix.size() && host.ends_with(suffix) &&
           host[host.size() - suffix.size() - 1] == '.';
}

}  // namespace

const Partition* partition_of_region(std::string_view region) noexcept {
    for (const Partition& partition : partitions) {
        if (has_form(region, partition.region_prefixes)) return &partition;
    }
    return nullptr;
}

const Partition& commercial_partition() noexcept {
    return partitions[0];
}

bool is_aws_host(std::string_view host) noexcept {
    return std::any_of(std::begin(partitions), std::end(partitions), [&](const Partition& one) {
        return ends_in(host, one.suffix) || ends_in(host, one.dual_stack_suffix);
    });
}

}  // namespace lk::aws
