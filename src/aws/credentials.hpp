#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <lk/error.hpp>
#include <lk/expected.hpp>

#include "aws/secret.hpp"

namespace lk::aws {

/// What a request is signed with. Immutable, shared by the requests that use it.
struct Credentials {
    std::string access_key_id;
    Secret secret_access_key;
    /// Empty unless the credentials are temporary.
    Secret session_token;
};

/// What the service has against the credentials of a request.
enum class Refusal {
    expired,      ///< They were temporary, and their time is over.
    unknown_key,  ///< There is no such key, or no longer.
};

enum class Renewal {
    renewed,     ///< current() gives others by now.
    under_way,   ///< Others are being fetched; they may come.
    impossible,  ///< There are no others.
};

/// Where the credentials of a client come from. Thread-safe.
class CredentialsProvider {
  public:
    virtual ~CredentialsProvider() = default;
    /// The credentials to sign with now, or why there are none at the moment. Does not block.
    [[nodiscard]] virtual Expected<std::shared_ptr<const Credentials>, Error> current() = 0;
    /// The service refuses these. Does not block.
    [[nodiscard]] virtual Renewal renew(const Credentials& refused, Refusal why) {
        static_cast<void>(why);
        const auto now = current();
        return now && now->get() != &refused ? Renewal::renewed : Renewal::impossible;
    }
};

/// The credentials given by option: the id and the secret are required; the token may be empty.
[[nodiscard]] Expected<std::shared_ptr<CredentialsProvider>, Error> given_credentials(
    std::string_view access_key_id, std::string_view secret_access_key,
    std::string_view session_token);

}  // namespace lk::aws
