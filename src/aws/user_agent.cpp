#include "aws/user_agent.hpp"

#include <sys/utsname.h>

namespace lk::aws {
namespace {

constexpr std::size_t most_id_characters = 50;

// A token's characters in HTTP, but for the # that separates a part's name from its value
// (https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2).
bool may_stand_in_a_part(char c) {
    constexpr std::string_view marks = "!$%&'*+-.^_`|~";
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           marks.find(c) != std::string_view::npos;
}

std::string sanitised(std::string_view text) {
    std::string clean(text);
    for (char& c : clean) {
        if (!may_stand_in_a_part(c)) c = '-';
    }
    return clean;
}

}  // namespace

std::string find_application_id(std::string_view option, const Environment& environment,
                                const ProfileFiles& files) {
    if (!option.empty()) return std::string(option);
    if (std::string id = environment("AWS_SDK_UA_APP_ID"); !id.empty()) return id;
    return std::string(files.profile().value("sdk_ua_app_id"));
}

std::string user_agent(std::string_view version, std::string_view application_id) {
    std::string text = "lk-dispatch/" + sanitised(version) + " ua/2.1 os/linux";
    utsname system{};
    if (::uname(&system) == 0) text += "#" + sanitised(system.release);
    text += " lang/c++#20";
    if (!application_id.empty()) {
        text += " app/" + sanitised(application_id.substr(0, most_id_characters));
    }
    return text;
}

}  // namespace lk::aws
