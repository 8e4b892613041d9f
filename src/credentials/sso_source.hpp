#pragma once

#include <string>

#include "credentials/source.hpp"
#include "credentials/sso_token.hpp"

namespace lk::credentials {

/// A role that somebody who signed in by IAM Identity Center (SSO) may have
/// (https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/API_GetRoleCredentials.html).
struct SsoRole {
    SsoLogin login = {};
    std::string account = {};
    std::string role = {};
};

class SsoSource final : public Source {
  public:
    SsoSource(SsoRole role, std::string from, SharedSurroundings surroundings);
    [[nodiscard]] Expected<Fetched, Error> fetch() override;
    [[nodiscard]] std::string name() const override { return from_; }

  private:
    SsoRole role_;
    std::string from_;
    SharedSurroundings surroundings_;
};

}  // namespace lk::credentials
