#include "http/proxy.hpp"

#include <curl/curl.h>

#include <cstring>
#include <memory>

#include "base/wiped_text.hpp"

namespace lk::http {
namespace {

struct Free {
    void operator()(CURLU* url) const noexcept { curl_url_cleanup(url); }
    void operator()(char* part) const noexcept {
        explicit_bzero(part, std::strlen(part));
        curl_free(part);
    }
};

bool has(CURLU* url, CURLUPart which) {
    char* text = nullptr;
    if (curl_url_get(url, which, &text, 0) != CURLUE_OK) return false;
    const std::unique_ptr<char, Free> owned(text);
    return *text != '\0' && !(which == CURLUPART_PATH && std::strcmp(text, "/") == 0);
}

}  // namespace

std::string problem_of_proxy(std::string_view url) {
    constexpr const char* mend =
        "; a proxy's URL is http://host:port, https://host:port, or with a user "
        "http://user:password@host:port (other characters than letters, digits and - . _ ~ as "
        "%-escapes)";
    const auto problem = [&](const char* what) { return std::string(what) + mend; };
    if (!url.starts_with("http://") && !url.starts_with("https://")) {
        return problem("it does not begin with http:// or https://");
    }
    // Ends at the first null byte for libcurl, but not for whoever wrote it.
    if (url.find('\0') != std::string_view::npos) return problem("it holds a null byte");
    const std::unique_ptr<CURLU, Free> parsed(curl_url());
    const WipedText text(url);
    if (!parsed || curl_url_set(parsed.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) {
        return problem("it is no URL");
    }
    if (!has(parsed.get(), CURLUPART_HOST)) return problem("it names no host");
    for (const CURLUPart part : {CURLUPART_PATH, CURLUPART_QUERY, CURLUPART_FRAGMENT}) {
        if (has(parsed.get(), part)) return problem("it holds more than a host and a port");
    }
    return {};
}

}  // namespace lk::http
