#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace lk::local {

/// The parts one after another.
[[nodiscard]] inline std::string concat(std::initializer_list<std::string_view> parts) {
    std::size_t bytes = 0;
    for (const std::string_view part : parts) bytes += part.size();
    std::string text;
    text.reserve(bytes);
    for (const std::string_view part : parts) text += part;
    return text;
}

}  // namespace lk::local
