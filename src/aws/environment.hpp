#pragma once

#include <functional>
#include <string>

namespace lk::aws {

/// Looks an environment variable up; empty when it is not set, which AWS's own tools treat alike.
using Environment = std::function<std::string(const char* name)>;

/// This process's environment, read at each call.
[[nodiscard]] Environment process_environment();

/// A copy of it, for threads of ours: getenv() beside the program's own setenv() is a data race.
/// Wiped with its last owner.
[[nodiscard]] Environment copied_environment();

}  // namespace lk::aws
