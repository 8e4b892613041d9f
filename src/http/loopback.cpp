#include "http/loopback.hpp"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <strings.h>

#include <memory>
#include <string_view>

namespace lk::http {
namespace {

struct FreeUrl {
    void operator()(CURLU* url) const noexcept { curl_url_cleanup(url); }
    void operator()(char* part) const noexcept { curl_free(part); }
};

// Read by libcurl itself, so that both mean the same host.
std::string host_of(const std::string& url) {
    const std::unique_ptr<CURLU, FreeUrl> parsed(curl_url());
    char* host = nullptr;
    if (parsed == nullptr ||
        curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK ||
        curl_url_get(parsed.get(), CURLUPART_HOST, &host, 0) != CURLUE_OK) {
        return {};
    }
    const std::unique_ptr<char, FreeUrl> owned(host);
    return host;
}

bool is_local_name(std::string_view host) {
    if (host.ends_with('.')) host.remove_suffix(1);
    constexpr std::string_view name = "localhost";
    if (host.size() < name.size()) return false;
    // Names below it, too: RFC 6761, section 6.3.
    const std::string_view before = host.substr(0, host.size() - name.size());
    return strncasecmp(host.data() + before.size(), name.data(), name.size()) == 0 &&
           (before.empty() || before.ends_with('.'));
}

}  // namespace

bool is_loopback(const std::string& url) {
    std::string host = host_of(url);
    in_addr v4{};
    if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24 == 127;
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    in6_addr v6{};
    if (inet_pton(AF_INET6, host.c_str(), &v6) == 1) {
        return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127);
    }
    return is_local_name(host);
}

}  // namespace lk::http
