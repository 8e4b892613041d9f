#pragma once

#include <string>
#include <string_view>

#include <lk/error.hpp>
#include <lk/expected.hpp>

#include "aws/endpoint.hpp"
#include "credentials/surroundings.hpp"

namespace lk::credentials {

/// A service of AWS that gives credentials.
struct GivingService {
    /// Of its host: "sts", "portal.sso", "oidc".
    std::string_view host;
    /// As in AWS_ENDPOINT_URL_STS.
    std::string_view variable;
    /// As below a services section: "sts".
    std::string_view key;
};
inline constexpr GivingService sts{"sts", "AWS_ENDPOINT_URL_STS", "sts"};
inline constexpr GivingService sso_portal{"portal.sso", "AWS_ENDPOINT_URL_SSO", "sso"};
inline constexpr GivingService sso_oidc{"oidc", "AWS_ENDPOINT_URL_SSO_OIDC", "sso_oidc"};

/// Where it is: as configured for it, or for every service, in the environment or the profile
/// (https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html), else by AWS's
/// rules. Without a region, STS's global address.
[[nodiscard]] Expected<aws::Endpoint, Error> service_url(const GivingService& service,
                                                         std::string_view region,
                                                         const Surroundings& surroundings);

}  // namespace lk::credentials
