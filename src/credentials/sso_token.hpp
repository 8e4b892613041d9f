#pragma once

#include <string>
#include <string_view>

#include <lk/error.hpp>
#include <lk/expected.hpp>

#include "base/wiped_text.hpp"
#include "credentials/surroundings.hpp"

namespace lk::credentials {

/// Who signed in, and where.
struct SsoLogin {
    /// What the token's file is named after: the session's name, or, of old, the start URL.
    std::string key = {};
    std::string region = {};
    /// Whether the token may be renewed (only those of sessions can be).
    bool renewable = false;
    /// "aws sso login --profile dev".
    std::string mend = {};
};

/// Where `aws sso login` keeps the token
/// (https://docs.aws.amazon.com/sdkref/latest/guide/understanding-sso.html).
[[nodiscard]] std::string sso_token_path(std::string_view key, const aws::Environment& environment);

/// The access token, from the cache that `aws sso login` fills. One that expires within five
/// minutes is renewed where that is possible and then written back, for the other tools.
[[nodiscard]] Expected<WipedText, Error> sso_access_token(const SsoLogin& login,
                                                          const Surroundings& surroundings);

}  // namespace lk::credentials
