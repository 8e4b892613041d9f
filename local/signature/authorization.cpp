#include "local/signature/authorization.hpp"

#include <algorithm>
#include <utility>

#include "local/concat.hpp"

namespace lk::local {

namespace {

Refusal missing_token() {
    return {"MissingAuthenticationTokenException", "Missing Authentication Token"};
}

Refusal incomplete(std::string message) {
    return {"IncompleteSignatureException", std::move(message)};
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (;;) {
        const std::size_t end = text.find(separator);
        parts.push_back(text.substr(0, end));
        if (end == text.npos) return parts;
        text.remove_prefix(end + 1);
    }
}

// A list of NAME=VALUE, separated by commas or spaces.
std::string_view parameter(std::string_view list, std::string_view name) {
    while (!list.empty()) {
        const std::size_t end = list.find_first_of(", ");
        const std::string_view one = list.substr(0, end);
        if (one.starts_with(name) && one.substr(name.size()).starts_with('=')) {
            return one.substr(name.size() + 1);
        }
        if (end == list.npos) break;
        list.remove_prefix(end + 1);
    }
    return {};
}

}  // namespace

Expected<Authorization, Refusal> read_authorization(std::string_view header) {
    constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";
    if (!header.starts_with("AWS4-")) return missing_token();
    const std::size_t gap = std::min(header.find(' '), header.size());
    if (header.substr(0, gap) != algorithm) {
        return incomplete(concat({"Unsupported AWS 'algorithm': '", header.substr(0, gap), "'."}));
    }
    const std::string_view list = header.substr(gap);
    const std::string_view credential = parameter(list, "Credential");
    Authorization read;
    read.signed_headers_text = parameter(list, "SignedHeaders");
    read.signature = parameter(list, "Signature");
    std::string missing;
    for (const auto& [name, value] :
         {std::pair("Credential", credential), std::pair("Signature", read.signature),
          std::pair("SignedHeaders", read.signed_headers_text)}) {
        if (!value.empty()) continue;
        missing += concat({"Authorization header requires '", name, "' parameter. "});
    }
    if (!missing.empty()) return incomplete(std::move(missing));
    const auto parts = split(credential, '/');
    if (parts.size() != 5) {
        return incomplete(
            "Credential must have exactly 5 slash-delimited elements, e.g. "
            "keyid/date/region/service/term");
    }
    read.access_key_id = parts[0];
    read.date = parts[1];
    read.region = parts[2];
    read.service = parts[3];
    read.terminator = parts[4];
    read.scope = credential.substr(parts[0].size() + 1);
    read.signed_headers = split(read.signed_headers_text, ';');
    return read;
}

}  // namespace lk::local
