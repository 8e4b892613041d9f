#pragma once

#include <map>
#include <string>
#include <utility>

#include "aws/environment.hpp"

namespace lk::aws {

/// For tests: an environment that holds these variables alone.
inline Environment environment_of(std::map<std::string, std::string> variables) {
    return [variables = std::move(variables)](const char* name) {
        const auto found = variables.find(name);
        return found == variables.end() ? std::string() : found->second;
    };
}

}  // namespace lk::aws
