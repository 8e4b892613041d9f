#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <lk/error.hpp>
#include <lk/expected.hpp>

#include "aws/environment.hpp"
#include "aws/secret.hpp"

namespace lk::aws {

/// What a request is signed with. Immutable, shared by the requests that use it.
struct Credentials {
    std::string access_key_id;
    Secret secret_access_key;
    /// Empty unless the credentials are temporary.
    Secret session_token;
};

/// Where credentials come from: a fixed pair today, a chain that refreshes itself later.
class CredentialsProvider {
  public:
    virtual ~CredentialsProvider() = default;
    /// The credentials to sign with now, or why there are none. Does not block; from any thread.
    [[nodiscard]] virtual Expected<std::shared_ptr<const Credentials>, Error> current() = 0;
    /// The service says that these have expired. True when current() gives others: somebody has
    /// renewed them meanwhile, or this call did. Does not block; from any thread.
    [[nodiscard]] virtual bool renew(const Credentials& expired) {
        const auto now = current();
        return now && now->get() != &expired;
    }
};

/// The credentials given by option: the id and the secret are required; the token may be empty.
[[nodiscard]] Expected<std::shared_ptr<CredentialsProvider>, Error> given_credentials(
    std::string_view access_key_id, std::string_view secret_access_key,
    std::string_view session_token);

/// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, read once, now.
/// Fails with `credentials`, naming what is missing and the mend.
[[nodiscard]] Expected<std::shared_ptr<CredentialsProvider>, Error> environment_credentials(
    const Environment& environment);

}  // namespace lk::aws
