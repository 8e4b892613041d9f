#pragma once

#include <string_view>

namespace lk::aws {

/// A part of AWS with accounts, regions and host names of its own. From AWS's public
/// partitions.json and Kinesis's endpoint rules, as botocore 1.43 carries them (2026). Every
/// partition has FIPS and dual-stack names by now, so no field tells which do.
struct Partition {
    /// As in ARNs: "aws-cn".
    std::string_view name;
    /// Host names end in this: "amazonaws.com.cn".
    std::string_view suffix;
    /// Those that IPv6 reaches too end in this: "api.amazonwebservices.com.cn".
    std::string_view dual_stack_suffix;
    /// What its regions begin with, each followed by a space: "us eu ". A region is one of these,
    /// a word and a number, joined by hyphens.
    std::string_view region_prefixes;
    /// Whether a stream's ARN chooses a host of the stream's account.
    bool account_hosts;
    /// Whether Kinesis's plain name is the FIPS one already.
    bool plain_name_is_fips;
};

/// The partition of a region, or null when the region has no partition's form.
[[nodiscard]] const Partition* partition_of_region(std::string_view region) noexcept;

/// AWS's commercial partition, which clients assume for a region of no known form.
[[nodiscard]] const Partition& commercial_partition() noexcept;

/// Whether a host name (lower case, no port) is one of AWS's.
[[nodiscard]] bool is_aws_host(std::string_view host) noexcept;

}  // namespace lk::aws
