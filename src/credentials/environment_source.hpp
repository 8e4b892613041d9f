#pragma once

#include <memory>

#include "aws/environment.hpp"
#include "credentials/source.hpp"

namespace lk::credentials {

/// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN and AWS_ACCOUNT_ID, read now. Null
/// when neither key is set; an error when there is half of the pair.
[[nodiscard]] Expected<std::unique_ptr<Source>, Error> environment_source(
    const aws::Environment& environment);

}  // namespace lk::credentials
