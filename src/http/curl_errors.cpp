#include "http/curl_errors.hpp"

#include <curl/curl.h>

#include <memory>

namespace lk::http {
namespace {

struct FreeUrl {
    void operator()(CURLU* url) const noexcept { curl_url_cleanup(url); }
};

std::string part_of(CURLU* url, CURLUPart part) {
    char* text = nullptr;
    if (curl_url_get(url, part, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) return {};
    std::string copy(text);
    curl_free(text);
    return copy;
}

// "host:port", the port told even where it is the scheme's own.
std::string place(std::string_view url) {
    const std::unique_ptr<CURLU, FreeUrl> parsed(curl_url());
    if (!parsed ||
        curl_url_set(parsed.get(), CURLUPART_URL, std::string(url).c_str(), 0) != CURLUE_OK) {
        return "\"" + std::string(url.substr(0, 200)) + "\"";
    }
    return part_of(parsed.get(), CURLUPART_HOST) + ":" + part_of(parsed.get(), CURLUPART_PORT);
}

// Only a request that is whole can be taken for one. An answer that began all the same is a server
// that does not play by the rules, so nothing is certain.
bool may_have_been_sent(const FailedTransfer& failed) {
    return failed.may_be_sent_whole || failed.answer_begun;
}

// Whom libcurl tried to reach in vain where that is not the URL's host: a proxy; else empty. Only
// libcurl's words tell (7.88 has no question for it), without the user and password.
std::string proxy_in_vain(std::string_view curl_text, std::string where) {
    constexpr std::string_view before = "Failed to connect to ";
    constexpr std::string_view between = " port ";
    if (!curl_text.starts_with(before)) return {};
    curl_text.remove_prefix(before.size());
    const auto host_end = curl_text.find(between);
    if (host_end == std::string_view::npos) return {};
    const std::string_view port = curl_text.substr(host_end + between.size());
    std::string tried(curl_text.substr(0, host_end));
    tried.append(":").append(port.substr(0, port.find(' ')));
    // libcurl writes an IPv6 address without its brackets.
    std::erase_if(where, [](char c) { return c == '[' || c == ']'; });
    return tried == where ? std::string() : tried;
}

struct Meaning {
    std::string what;
    const char* mend = "";
    bool needs_mending = false;
};

// Of a proxy that did not give way to the host.
Meaning meaning_of_proxy_status(int status, const std::string& where) {
    if (status == status_of_proxy_refusal) {
        return {"the proxy for " + where + " does not take the user and password, or wants some",
                "Give them in the proxy's URL, http://user:password@host:port, in option proxy or "
                "https_proxy; only the Basic scheme is spoken.",
                true};
    }
    constexpr int request_timeout = 408;
    constexpr int too_many_requests = 429;
    return {
        "the proxy does not give way to " + where + " and answers " + std::to_string(status),
        "Let the proxy allow this host, or reach it directly: name it in no_proxy.",
        status >= 400 && status < 500 && status != request_timeout && status != too_many_requests};
}

// libcurl's words, but where they quote a proxy's URL whole, in which a password may stand.
std::string_view words_for(int curl_code, std::string_view curl_text) {
    const bool quotes_a_proxy = curl_text.starts_with("Unsupported proxy");
    if (curl_text.empty() || quotes_a_proxy) {
        return curl_easy_strerror(static_cast<CURLcode>(curl_code));
    }
    return curl_text;
}

Meaning meaning_of(int curl_code, const FailedTransfer& failed) {
    const std::string where = place(failed.url);
    if (!failed.begun && failed.proxy_status >= 300) {
        return meaning_of_proxy_status(failed.proxy_status, where);
    }
    constexpr const char* check_proxy =
        "Check option proxy, and http_proxy, https_proxy, all_proxy and no_proxy in the "
        "environment.";
    switch (curl_code) {
        case CURLE_UNSUPPORTED_PROTOCOL:
        case CURLE_URL_MALFORMAT:
            if (!failed.begun) {
                return {where + " is not an URL that can be used", "Check the endpoint.", true};
            }
            [[fallthrough]];
        case CURLE_WEIRD_SERVER_REPLY:
            return {where + " answered with something else than HTTP/1.1",
                    "Check that the endpoint's scheme and port are those of a Kinesis endpoint."};
        case CURLE_COULDNT_RESOLVE_PROXY:
            return {"the proxy for " + where + " has no address, or its URL is none", check_proxy};
        case CURLE_COULDNT_RESOLVE_HOST:
            return {"no address was found for " + where,
                    "Check the region or endpoint, and this machine's DNS."};
        case CURLE_COULDNT_CONNECT:
            if (const std::string proxy = proxy_in_vain(failed.curl_text, where); !proxy.empty()) {
                return {"no connection to the proxy " + proxy + " for " + where, check_proxy};
            }
            return {"no connection to " + where,
                    "Check that a server listens there and that no firewall stands between."};
        case CURLE_SSL_CONNECT_ERROR:
            return {"the TLS handshake with " + where + " failed",
                    "Check that the endpoint speaks HTTPS on this port, TLS 1.2 or later, and that "
                    "option ca_bundle or AWS_CA_BUNDLE, if given, holds the present certificate of "
                    "its authority."};
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_ISSUER_ERROR:
            return {"the certificate of " + where + " is not trusted for this host",
                    "Use the host name that the certificate is made out to, or name the authority "
                    "that signed it in option ca_bundle or AWS_CA_BUNDLE.",
                    true};
        case CURLE_SSL_CACERT_BADFILE:
            return {
                "the certificates to trust can not be read" +
                    (failed.ca_bundle.empty() ? std::string(" from the system's file")
                                              : " from \"" + std::string(failed.ca_bundle) + "\""),
                "Give a readable file of PEM certificates in option ca_bundle or AWS_CA_BUNDLE.",
                true};
        case CURLE_OPERATION_TIMEDOUT:
            if (failed.begun) {
                return {"no whole answer from " + where + " within " +
                            std::to_string(failed.timeout.count()) + " ms",
                        ""};
            }
            return {"no connection to " + where + " in time",
                    "Check that the endpoint can be reached from here (routes, firewall, proxy)."};
        case CURLE_WRITE_ERROR:
            if (failed.answer_too_large) {
                return {"the answer of " + where + " is over the limit of " +
                            std::to_string(failed.max_answer_bytes) + " bytes and was cut off",
                        "Check that the endpoint is a Kinesis endpoint."};
            }
            break;
        case CURLE_GOT_NOTHING:
            return {where + " closed the connection without an answer",
                    failed.url.starts_with("http://")
                        ? "If the endpoint speaks HTTPS on this port, begin it with https://."
                        : ""};
        case CURLE_PARTIAL_FILE: return {"the answer of " + where + " ended too early", ""};
        case CURLE_SEND_ERROR:
            return {"the connection to " + where + " broke while the request was sent", ""};
        case CURLE_RECV_ERROR:
            return {"the connection to " + where + " broke before the answer was complete", ""};
        case CURLE_SEND_FAIL_REWIND:
        case CURLE_ABORTED_BY_CALLBACK:
            return {"the connection to " + where +
                        " broke after the request had begun, and it is not sent twice",
                    ""};
        default: break;
    }
    return {"the request to " + where + " failed", ""};
}

}  // namespace

NoAnswer no_answer(int curl_code, const FailedTransfer& failed) {
    const Meaning meaning = meaning_of(curl_code, failed);
    NoAnswer none;
    none.message = meaning.what;
    none.message.append(": ").append(words_for(curl_code, failed.curl_text));
    none.message.append(" (libcurl error ").append(std::to_string(curl_code)).append(").");
    if (*meaning.mend != '\0') none.message.append(" ").append(meaning.mend);
    none.may_have_been_sent = may_have_been_sent(failed);
    none.needs_mending = meaning.needs_mending;
    return none;
}

std::string mend_on_this_side(int curl_code, const FailedTransfer& failed) {
    switch (curl_code) {
        case CURLE_COULDNT_CONNECT:
            if (proxy_in_vain(failed.curl_text, place(failed.url)).empty()) return {};
            [[fallthrough]];
        case CURLE_COULDNT_RESOLVE_PROXY:
        case CURLE_COULDNT_RESOLVE_HOST:
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CACERT_BADFILE: return meaning_of(curl_code, failed).mend;
        default: return {};
    }
}

NoAnswer refused_by_proxy(const FailedTransfer& failed) {
    const Meaning meaning = meaning_of_proxy_status(status_of_proxy_refusal, place(failed.url));
    return {.message = meaning.what + " (status " + std::to_string(status_of_proxy_refusal) +
                       "). " + meaning.mend,
            .may_have_been_sent = may_have_been_sent(failed),
            .needs_mending = meaning.needs_mending};
}

NoAnswer ended_with_transport(const FailedTransfer& failed) {
    return {.message = "the client was destroyed before " + place(failed.url) + " answered.",
            .may_have_been_sent = may_have_been_sent(failed)};
}

}  // namespace lk::http
