#include "cli/loopback.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <string>

namespace lk::cli {
namespace {

// The host of an URL in lower case, an IPv6 address without its brackets.
std::string host_of(std::string_view url) {
    const std::size_t scheme = url.find("://");
    if (scheme == std::string_view::npos) return {};
    url.remove_prefix(scheme + 3);
    url = url.substr(0, url.find_first_of("/?#\\"));
    // In http://127.0.0.1@example.com the host is example.com.
    if (const std::size_t at = url.rfind('@'); at != std::string_view::npos) {
        url.remove_prefix(at + 1);
    }
    if (url.starts_with('[')) {
        url = url.substr(1, url.find(']') - 1);
    } else {
        url = url.substr(0, url.find(':'));
    }
    std::string host(url);
    std::transform(host.begin(), host.end(), host.begin(), [](char letter) {
        return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + ('a' - 'A')) : letter;
    });
    return host;
}

}  // namespace

bool is_loopback_endpoint(std::string_view url) {
    const std::string host = host_of(url);
    if (host == "localhost" || host.ends_with(".localhost")) return true;
    in_addr ipv4{};
    if (inet_pton(AF_INET, host.c_str(), &ipv4) == 1) return ntohl(ipv4.s_addr) >> 24 == 127;
    in6_addr ipv6{};
    if (inet_pton(AF_INET6, host.c_str(), &ipv6) == 1) return IN6_IS_ADDR_LOOPBACK(&ipv6);
    return false;
}

}  // namespace lk::cli
