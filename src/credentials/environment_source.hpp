#pragma once

#include <memory>

#include "aws/environment.hpp"
#include "credentials/source.hpp"

namespace lk::credentials {

/// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, read now. Null when none is set;
/// an error when there is half of the pair.
[[nodiscard]] Expected<std::unique_ptr<Source>, Error> environment_source(
    const aws::Environment& environment);

}  // namespace lk::credentials
