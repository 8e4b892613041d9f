#include "aws/endpoint.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace lk::aws {
namespace {

std::string lower_case(std::string_view text) {
    std::string lower(text);
    for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return lower;
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// HTTP clients rewrite addresses to one form (0x7f.1 is 127.0.0.1), and the signed Host header
// must be what they send: so addresses are taken in their usual form only.
bool is_host(const std::string& host) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '.' || c == '_';
    };
    if (host.empty() || host.size() > 253 || !std::all_of(host.begin(), host.end(), fits) ||
        host.front() == '.' || host.find("..") != std::string::npos) {
        return false;
    }
    const std::string_view last_label = std::string_view(host).substr(host.rfind('.') + 1);
    if (last_label.empty() || !is_digit(last_label.front())) return true;
    in_addr address{};
    return inet_pton(AF_INET, host.c_str(), &address) == 1;
}

// The usual form of an IPv6 address, or empty.
std::string usual_ipv6(const std::string& text) {
    in6_addr address{};
    char usual[INET6_ADDRSTRLEN];
    if (inet_pton(AF_INET6, text.c_str(), &address) != 1 ||
        inet_ntop(AF_INET6, &address, usual, sizeof usual) == nullptr) {
        return {};
    }
    return usual;
}

bool is_path(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return c > ' ' && c < 0x7F && c != '?' && c != '#' && c != '\\' && c != '%';
    });
}

}  // namespace

Expected<Endpoint, Error> parse_endpoint(std::string_view url, std::string_view from) {
    const auto refused = [&](const std::string& why) {
        // Up to the last '@' stands what may be a password.
        std::string shown(url.substr(0, 200));
        if (const auto at = url.rfind('@'); at != std::string_view::npos) {
            shown = "…" + std::string(url.substr(at, 200));
        }
        return Error{.code = ErrorCode::bad_option,
                     .message = std::string(from) + ": \"" + shown + "\" " + why +
                                "; give an URL such as http://localhost:4567"};
    };
    const auto scheme_end = url.find("://");
    if (scheme_end == std::string_view::npos) return refused("is not an URL with http or https");
    const std::string scheme = lower_case(url.substr(0, scheme_end));
    if (scheme != "http" && scheme != "https") return refused("is neither http nor https");

    const std::string_view rest = url.substr(scheme_end + 3);
    const auto authority_end = std::min(rest.find_first_of("/?#"), rest.size());
    const std::string_view authority = rest.substr(0, authority_end);
    const std::string_view path = rest.substr(authority_end);
    if (authority.find('@') != std::string_view::npos) {
        return refused("holds a user name; credentials are options of their own");
    }
    if (!is_path(path)) {
        return refused(
            "has a query, a fragment, or a character in its path that would have to be "
            "escaped");
    }

    std::string_view port_text;
    std::string host;
    if (authority.starts_with('[')) {
        const auto bracket = authority.find(']');
        if (bracket == std::string_view::npos) return refused("lacks the ] after an IPv6 address");
        const std::string address = usual_ipv6(std::string(authority.substr(1, bracket - 1)));
        if (address.empty()) return refused("has no IPv6 address between [ and ]");
        host = "[" + address + "]";
        port_text = authority.substr(bracket + 1);
    } else {
        const auto colon = std::min(authority.find(':'), authority.size());
        host = lower_case(authority.substr(0, colon));
        if (!is_host(host)) return refused("has no valid host name or address");
        port_text = authority.substr(colon);
    }
    if (!port_text.empty()) {
        unsigned port = 0;
        const char* end = port_text.data() + port_text.size();
        const auto read = std::from_chars(port_text.data() + 1, end, port);
        if (port_text.front() != ':' || read.ec != std::errc() || read.ptr != end || port < 1 ||
            port > 65535) {
            return refused("has no port from 1 to 65535 after the host");
        }
        if (port != (scheme == "http" ? 80U : 443U)) host += ":" + std::to_string(port);
    }
    Endpoint endpoint;
    endpoint.path = path.empty() ? "/" : std::string(path);
    endpoint.url = scheme + "://" + host + endpoint.path;
    endpoint.host = std::move(host);
    return endpoint;
}

bool is_host_label(std::string_view text) noexcept {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '-';
    };
    return !text.empty() && text.size() <= 63 && text.front() != '-' && text.back() != '-' &&
           std::all_of(text.begin(), text.end(), fits);
}

}  // namespace lk::aws
