#include "aws/region.hpp"

#include <algorithm>

namespace lk::aws {
namespace {

// The region becomes one label of a host name: anything else in it could send signed requests to
// another host (https://www.rfc-editor.org/rfc/rfc1123#page-13).
bool is_host_label(std::string_view text) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-';
    };
    return !text.empty() && text.size() <= 63 && text.front() != '-' && text.back() != '-' &&
           std::all_of(text.begin(), text.end(), fits);
}

}  // namespace

Expected<std::string, Error> find_region(std::string_view option, const Environment& environment) {
    std::string region(option);
    const char* from = "option region";
    for (const char* name : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
        if (!region.empty()) break;
        region = environment(name);
        from = name;
    }
    if (!region.empty() && !is_host_label(region)) {
        return Error{.code = ErrorCode::bad_option,
                     .message = std::string(from) + ": \"" + region.substr(0, 100) +
                                "\" is not a region; it takes 1 to 63 letters, digits and "
                                "hyphens, such as eu-west-1"};
    }
    return region;
}

}  // namespace lk::aws
