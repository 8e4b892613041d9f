#include "aws/environment.hpp"

#include <cstdlib>

namespace lk::aws {

Environment process_environment() {
    return [](const char* name) {
        const char* value = std::getenv(name);
        return value == nullptr ? std::string() : std::string(value);
    };
}

}  // namespace lk::aws
