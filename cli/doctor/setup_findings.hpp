#pragma once

#include <string_view>

#include <lk/error.hpp>

#include "doctor/finding.hpp"
#include "kinesis/findings.hpp"

namespace lk::doctor {

/// Where a client for the stream would send its records, and why.
[[nodiscard]] Finding endpoint_finding(const aws::Service& service, std::string_view stream);

/// Profile, region, endpoint, certificates to trust and credentials, of who tried to make a client.
/// `error`: why there is none, null where there is.
void add_setup_findings(const kinesis::Findings& found, const Error* error, std::string_view stream,
                        Findings& to);

}  // namespace lk::doctor
