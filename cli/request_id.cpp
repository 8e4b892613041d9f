#include "cli/request_id.hpp"

#include <algorithm>

namespace lk::cli {

std::string without_request_ids(std::string_view message) {
    constexpr std::string_view before = "Request id ";
    std::string text;
    for (;;) {
        const std::size_t at = message.find(before);
        text += message.substr(0, at);
        if (at == std::string_view::npos) return text;
        message.remove_prefix(at + before.size());
        message.remove_prefix(std::min(message.find(' '), message.size()));
    }
}

}  // namespace lk::cli
