#pragma once

#include <optional>
#include <string>
#include <vector>

#include "aws/ca_bundle.hpp"
#include "aws/kinesis_service.hpp"
#include "aws/profile_files.hpp"
#include "credentials/chain.hpp"
#include "http/transport.hpp"

namespace lk::kinesis {

/// What was found on the way to a client, each as far as the way went; for people. Holds no secret
/// but the proxy's password, among the transport's options.
struct Findings {
    std::optional<aws::ProfileFiles> files;
    std::optional<aws::Service> service;
    std::optional<aws::FoundBundle> ca_bundle;
    /// Where credentials were looked for.
    std::vector<credentials::Step> credentials;
    /// How the client connects.
    std::optional<http::TransportOptions> transport;
};

}  // namespace lk::kinesis
