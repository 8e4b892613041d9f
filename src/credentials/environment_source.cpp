#include "credentials/environment_source.hpp"

#include "base/wiped_text.hpp"

namespace lk::credentials {

Expected<std::unique_ptr<Source>, Error> environment_source(const aws::Environment& environment) {
    const WipedText id(environment("AWS_ACCESS_KEY_ID"));
    const WipedText secret(environment("AWS_SECRET_ACCESS_KEY"));
    const WipedText token(environment("AWS_SESSION_TOKEN"));
    if (id.empty() && secret.empty()) return std::unique_ptr<Source>();
    if (id.empty() || secret.empty()) {
        const char* given = id.empty() ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID";
        const char* missing = id.empty() ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY";
        return refused(std::string(given) + " is set in the environment, " + missing +
                       " is not; set both or neither");
    }
    return std::unique_ptr<Source>(std::make_unique<FixedSource>(
        Given{id, secret, token}, "environment AWS_ACCESS_KEY_ID", environment("AWS_ACCOUNT_ID")));
}

}  // namespace lk::credentials
