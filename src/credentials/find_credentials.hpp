#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "aws/credentials.hpp"
#include "credentials/chain.hpp"

namespace lk::credentials {

struct FoundCredentials {
    std::shared_ptr<aws::CredentialsProvider> provider;
    /// Where they came from, for people.
    std::string from;
    std::vector<Step> steps;
    /// By this machine's clock; nothing: they last.
    std::optional<WallTime> expires;
    /// Empty where the source does not tell.
    std::string account_id;
};

/// Credentials as the AWS CLI finds them. Blocks until they are there, for some seconds at most
/// where they come over the network (a `credential_process` may take a minute), so that who has
/// none learns it at once. From then on they are kept fresh in the background; each time, the
/// shared files are read anew, as they may have changed. Surroundings without a `stop` of their
/// own must not be shared between clients.
///
/// `steps` is filled even when this fails (may be null).
[[nodiscard]] Expected<FoundCredentials, Error> find_credentials(
    Surroundings surroundings, std::string_view option_profile, std::vector<Step>* steps = nullptr);

}  // namespace lk::credentials
