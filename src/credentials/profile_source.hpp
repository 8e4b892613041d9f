#pragma once

#include <memory>
#include <string_view>

#include "credentials/instance_metadata.hpp"
#include "credentials/source.hpp"
#include "credentials/surroundings.hpp"

namespace lk::credentials {

/// The credentials that a profile of the shared files describes, in botocore's order: a role
/// (`role_arn` with `source_profile`, `credential_source` or `web_identity_token_file`), SSO
/// (`sso_session`, or `sso_start_url` of old), keys in the credentials file, `credential_process`,
/// keys in the config file. Null when the profile has none of these. A role that asks for a code
/// from a device (`mfa_serial`) is refused: nobody is there to type it.
///
/// Fails with `credentials` when the profile says less than it must, or when profiles refer to
/// each other in a circle. Asks nobody yet.
[[nodiscard]] Expected<std::unique_ptr<Source>, Error> profile_source(
    std::string_view profile, const SharedSurroundings& surroundings,
    const std::shared_ptr<InstanceMetadata>& metadata);

}  // namespace lk::credentials
