#pragma once

#include <memory>
#include <string>

#include "credentials/sts_call.hpp"

namespace lk::credentials {

/// A role taken on with the credentials of another source.
class RoleSource final : public Source {
  public:
    /// `from` names the setting: `role_arn in [profile dev] of …`.
    RoleSource(Role role, std::unique_ptr<Source> base, std::string from,
               SharedSurroundings surroundings);
    [[nodiscard]] Expected<Fetched, Error> fetch() override;
    [[nodiscard]] std::string name() const override;

  private:
    Role role_;
    std::unique_ptr<Source> base_;
    std::string from_;
    SharedSurroundings surroundings_;
};

/// A file with a token, and the setting that names it.
struct TokenFile {
    std::string path;
    std::string from;
};

/// A role taken on with a token from a file, as in EKS. The file is read anew each time: who wrote
/// it replaces it before the token expires.
class WebIdentitySource final : public Source {
  public:
    /// `from` names the setting of the role.
    WebIdentitySource(Role role, TokenFile token_file, std::string from,
                      SharedSurroundings surroundings);
    [[nodiscard]] Expected<Fetched, Error> fetch() override;
    [[nodiscard]] std::string name() const override;

  private:
    Role role_;
    TokenFile token_file_;
    std::string from_;
    SharedSurroundings surroundings_;
};

}  // namespace lk::credentials
