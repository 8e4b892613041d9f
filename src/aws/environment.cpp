#include "aws/environment.hpp"

#include <unistd.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <string_view>

#include "base/wiped_text.hpp"

namespace lk::aws {

Environment process_environment() {
    return [](const char* name) {
        const char* value = std::getenv(name);
        return value == nullptr ? std::string() : std::string(value);
    };
}

Environment copied_environment() {
    const auto copy = std::make_shared<std::map<std::string, WipedText, std::less<>>>();
    for (char** line = environ; line != nullptr && *line != nullptr; ++line) {
        const std::string_view text(*line);
        const auto equals = text.find('=');
        if (equals == std::string_view::npos) continue;
        copy->emplace(std::string(text.substr(0, equals)), WipedText(text.substr(equals + 1)));
    }
    return [copy](const char* name) {
        const auto found = copy->find(std::string_view(name));
        return found == copy->end() ? std::string() : std::string(found->second);
    };
}

}  // namespace lk::aws
