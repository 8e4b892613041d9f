#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <lk/error.hpp>
#include <lk/expected.hpp>

#include "aws/endpoint.hpp"
#include "aws/environment.hpp"
#include "aws/partitions.hpp"
#include "aws/profile_files.hpp"
#include "aws/region.hpp"

namespace lk::aws {

/// Where Kinesis is and for which region requests are signed, and why.
struct Service {
    /// For a stream given by name. endpoint_of_stream() knows those given by ARN.
    Endpoint endpoint;
    std::string region;
    /// What chose the endpoint, for people: "AWS_ENDPOINT_URL", or the rules and their facts.
    std::string why = {};
    /// What named the region: "AWS_REGION".
    std::string region_from = {};
    /// Null: the endpoint is a custom one.
    const Partition* partition = nullptr;
    bool fips = false;
    bool dual_stack = false;
    /// Whether streams given by ARN have hosts of their account.
    bool account_hosts = true;
};

/// What a caller may say about the service in place of the environment and the profile.
struct ServiceOptions {
    /// Empty: as find_region() has it.
    std::string_view region = {};
    /// Empty: as find_kinesis() has it.
    std::string_view endpoint = {};
    std::optional<bool> fips = std::nullopt;
    std::optional<bool> dual_stack = std::nullopt;
    /// False for private networks that know only the plain host.
    bool account_hosts = true;
};

/// The endpoint is the option's, else AWS_ENDPOINT_URL_KINESIS's, else AWS_ENDPOINT_URL's, else the
/// `endpoint_url` below `kinesis =` in the profile's services section, else the profile's
/// `endpoint_url`, else AWS's own by AWS's rules. AWS_IGNORE_CONFIGURED_ENDPOINT_URLS and the
/// profile's `ignore_configured_endpoint_urls` leave the option and the rules. FIPS and dual-stack:
/// the option, else AWS_USE_FIPS_ENDPOINT (AWS_USE_DUALSTACK_ENDPOINT), else the profile's
/// `use_fips_endpoint` (`use_dualstack_endpoint`); an error together with a custom endpoint.
///
/// A custom endpoint without a region is signed for us-east-1, as nothing behind it cares; unless
/// its host is one of AWS's. `machine` is asked only where a region is needed. Fails with
/// `bad_option`.
[[nodiscard]] Expected<Service, Error> find_kinesis(const ServiceOptions& options,
                                                    const Environment& environment,
                                                    const ProfileFiles& files,
                                                    const RegionOfMachine& machine = {});

/// Which of an account's two hosts an operation is for.
enum class Plane {
    data,     ///< PutRecord, PutRecords, GetRecords, GetShardIterator, SubscribeToShard.
    control,  ///< The other operations on a stream.
};

struct ChosenEndpoint {
    Endpoint endpoint;
    /// For people.
    std::string why;
};

/// Where requests about a stream go, given by name or ARN. An ARN chooses a host of the stream's
/// account, except with a custom endpoint, without `account_hosts`, and in the partitions that
/// have none. Fails with `bad_option` when the ARN is none, or is of another partition or region
/// than the service; a custom endpoint off AWS, which may be anywhere, takes any.
[[nodiscard]] Expected<ChosenEndpoint, Error> endpoint_of_stream(const Service& service,
                                                                 std::string_view stream,
                                                                 Plane plane);

}  // namespace lk::aws
