#pragma once

#include <string>
#include <string_view>

#include <lk/error.hpp>
#include <lk/expected.hpp>

#include "aws/environment.hpp"

namespace lk::aws {

/// Where requests go. Written in one way only (lower case, no default port), so that the Host
/// header that is signed is the one an HTTP client sends for the URL.
struct Endpoint {
    std::string url;   ///< Such as "http://localhost:4567/".
    std::string host;  ///< The Host header: "localhost:4567".
    std::string path;  ///< "/" unless the URL had another.
};

/// Reads an endpoint URL: http or https, a host (a name, an IPv4 address, an IPv6 address in
/// brackets), perhaps a port and a path; no user, query or fragment. Fails with `bad_option`;
/// `from` names where the URL was given.
[[nodiscard]] Expected<Endpoint, Error> parse_endpoint(std::string_view url, std::string_view from);

/// Where Kinesis is and for which region requests are signed.
struct Service {
    Endpoint endpoint;
    std::string region;
};

/// The endpoint is the option's, else AWS_ENDPOINT_URL_KINESIS's, else AWS_ENDPOINT_URL's, else
/// AWS's own for the region. A custom endpoint without a region is signed for us-east-1, as
/// nothing behind it cares.
[[nodiscard]] Expected<Service, Error> find_kinesis(std::string_view endpoint_option,
                                                    std::string_view region_option,
                                                    const Environment& environment);

}  // namespace lk::aws
