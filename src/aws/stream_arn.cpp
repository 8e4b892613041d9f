#include "aws/stream_arn.hpp"

#include <algorithm>
#include <string>

#include "aws/endpoint.hpp"

namespace lk::aws {
namespace {

// What stands before the next colon; both are dropped from `rest`.
std::string_view take_part(std::string_view& rest) {
    const auto colon = std::min(rest.find(':'), rest.size());
    const std::string_view part = rest.substr(0, colon);
    rest.remove_prefix(std::min(colon + 1, rest.size()));
    return part;
}

bool is_stream_name(std::string_view text) {
    return !text.empty() && text.size() <= 128 && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '.' || c == '-';
    });
}

}  // namespace

Expected<StreamArn, Error> parse_stream_arn(std::string_view arn) {
    const auto refused = [&](const char* why) {
        return Error{.code = ErrorCode::bad_option,
                     .message = "stream \"" + std::string(arn.substr(0, 300)) + "\": " + why +
                                "; a stream's ARN is arn:PARTITION:kinesis:REGION:ACCOUNT:"
                                "stream/NAME"};
    };
    std::string_view rest = arn;
    StreamArn parsed;
    const bool begins = take_part(rest) == "arn";
    parsed.partition = take_part(rest);
    const std::string_view service = take_part(rest);
    parsed.region = take_part(rest);
    parsed.account = take_part(rest);
    if (!begins || parsed.partition.empty()) return refused("it does not begin with arn:aws");
    if (service != "kinesis") return refused("its service is not kinesis");
    if (!is_host_label(parsed.region)) return refused("its region is none");
    if (!is_host_label(parsed.account)) return refused("its account is none");
    constexpr std::string_view kind = "stream/";
    if (!rest.starts_with(kind)) return refused("it does not name a stream");
    parsed.name = rest.substr(kind.size());
    if (!is_stream_name(parsed.name)) {
        return refused("its name is not 1 to 128 of the characters a-z A-Z 0-9 _ . -");
    }
    return parsed;
}

}  // namespace lk::aws
