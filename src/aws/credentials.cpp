#include "aws/credentials.hpp"

#include <algorithm>
#include <utility>

namespace lk::aws {
namespace {

class FixedCredentials final : public CredentialsProvider {
  public:
    explicit FixedCredentials(std::shared_ptr<const Credentials> credentials)
        : credentials_(std::move(credentials)) {}

    Expected<std::shared_ptr<const Credentials>, Error> current() override { return credentials_; }

  private:
    std::shared_ptr<const Credentials> credentials_;
};

// They go into headers: a line break in one would forge another header.
bool fits_a_header(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
}

Error refused(std::string message) {
    return {.code = ErrorCode::credentials, .message = std::move(message)};
}

// `names` say where each part came from; the values are secret and stay out of every message.
Expected<std::shared_ptr<CredentialsProvider>, Error> fixed(std::string_view access_key_id,
                                                            std::string_view secret_access_key,
                                                            std::string_view session_token,
                                                            const char* const (&names)[3]) {
    const std::string_view parts[] = {access_key_id, secret_access_key, session_token};
    for (std::size_t i = 0; i < 3; ++i) {
        if (!fits_a_header(parts[i])) {
            return refused(std::string(names[i]) +
                           " holds a space, a line break or another character that no AWS key "
                           "has; copy it again without them");
        }
    }
    return std::shared_ptr<CredentialsProvider>(
        std::make_shared<FixedCredentials>(std::make_shared<const Credentials>(Credentials{
            std::string(access_key_id), Secret(secret_access_key), Secret(session_token)})));
}

}  // namespace

Expected<std::shared_ptr<CredentialsProvider>, Error> given_credentials(
    std::string_view access_key_id, std::string_view secret_access_key,
    std::string_view session_token) {
    if (access_key_id.empty() || secret_access_key.empty()) {
        return refused(std::string("option credentials: ") +
                       (access_key_id.empty() ? "access_key_id" : "secret_access_key") +
                       " is empty; give both, or leave credentials out to take them from the "
                       "environment");
    }
    return fixed(access_key_id, secret_access_key, session_token,
                 {"option credentials.access_key_id", "option credentials.secret_access_key",
                  "option credentials.session_token"});
}

}  // namespace lk::aws
