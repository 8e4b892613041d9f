#pragma once

#include <string>
#include <string_view>

#include <lk/error.hpp>
#include <lk/expected.hpp>

#include "aws/environment.hpp"

namespace lk::aws {

/// The region: the option, else AWS_REGION, else AWS_DEFAULT_REGION. Empty when none is set.
/// Fails with `bad_option` when it could not be part of a host name.
[[nodiscard]] Expected<std::string, Error> find_region(std::string_view option,
                                                       const Environment& environment);

}  // namespace lk::aws
