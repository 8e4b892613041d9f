#pragma once

#include "doctor/finding.hpp"
#include "http/probe.hpp"

namespace lk::doctor {

/// DNS, TCP, TLS and the clock, of the way to the endpoint.
void add_network_findings(const http::Probe& way, bool with_tls, Findings& to);

/// The same where there was no way to go.
void add_no_network_findings(Findings& to);

}  // namespace lk::doctor
