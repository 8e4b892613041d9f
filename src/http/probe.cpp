#include "http/probe.hpp"

#include <curl/curl.h>
#include <openssl/ssl.h>
#include <strings.h>

#include <memory>
#include <new>
#include <string_view>

#include "http/curl_errors.hpp"
#include "http/transfer.hpp"

namespace lk::http {
namespace {

struct FreeEasy {
    void operator()(CURL* easy) const noexcept { curl_easy_cleanup(easy); }
};

struct Seen {
    CURL* easy = nullptr;
    Probe* probe = nullptr;
    bool begun = false;
};

template <class Value>
void set(CURL* easy, CURLoption option, Value value) {
    if (curl_easy_setopt(easy, option, value) != CURLE_OK) throw std::bad_alloc();
}

// Only while the connection is in use does libcurl give its TLS session away.
int before_request(void* to, char*, char*, int, int) {
    auto& seen = *static_cast<Seen*>(to);
    seen.begun = true;
    try {
        curl_tlssessioninfo* session = nullptr;
        if (curl_easy_getinfo(seen.easy, CURLINFO_TLS_SSL_PTR, &session) == CURLE_OK &&
            session != nullptr && session->backend == CURLSSLBACKEND_OPENSSL &&
            session->internals != nullptr) {
            seen.probe->tls_version = SSL_get_version(static_cast<const SSL*>(session->internals));
        }
    } catch (...) {
        return CURL_PREREQFUNC_ABORT;
    }
    return CURL_PREREQFUNC_OK;
}

std::size_t take_header(const char* line, std::size_t size, std::size_t count, void* to) {
    auto& seen = *static_cast<Seen*>(to);
    const std::string_view text(line, size * count);
    constexpr std::string_view name = "date:";
    try {
        if (text.size() > name.size() && strncasecmp(line, name.data(), name.size()) == 0) {
            const auto first = text.find_first_not_of(" \t", name.size());
            const auto last = text.find_last_not_of(" \t\r\n");
            if (first != std::string_view::npos && last >= first) {
                seen.probe->date = text.substr(first, last - first + 1);
            }
            seen.probe->answered_at = std::chrono::system_clock::now();
        }
    } catch (...) {
        return 0;
    }
    return size * count;
}

// Nobody needs the body: the first byte of it ends the transfer.
std::size_t refuse_body(const char*, std::size_t, std::size_t, void*) {
    return 0;
}

std::chrono::microseconds time_of(CURL* easy, CURLINFO what) {
    curl_off_t microseconds = 0;
    curl_easy_getinfo(easy, what, &microseconds);
    return std::chrono::microseconds(microseconds);
}

// Of the server, or of the proxy.
std::string address_of(CURL* easy) {
    const char* address = nullptr;
    long port = 0;
    curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &address);
    curl_easy_getinfo(easy, CURLINFO_PRIMARY_PORT, &port);
    if (address == nullptr || *address == '\0') return {};
    std::string text(address);
    if (text.find(':') != std::string::npos) text = "[" + text + "]";
    return text + ":" + std::to_string(port);
}

// libcurl 7.88 tells no time of a connection whose handshake failed, so that the code must speak.
bool is_of_tls(CURLcode code) {
    switch (code) {
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_ISSUER_ERROR:
        case CURLE_SSL_CACERT_BADFILE:
        case CURLE_SSL_CERTPROBLEM:
        case CURLE_SSL_CIPHER: return true;
        default: return false;
    }
}

std::optional<Certificate> certificate_of(CURL* easy) {
    curl_certinfo* chain = nullptr;
    if (curl_easy_getinfo(easy, CURLINFO_CERTINFO, &chain) != CURLE_OK || chain == nullptr ||
        chain->num_of_certs == 0) {
        return std::nullopt;
    }
    Certificate found;
    for (const curl_slist* line = chain->certinfo[0]; line != nullptr; line = line->next) {
        const std::string_view text(line->data);
        const auto take = [&](std::string_view name, std::string& to) {
            if (text.starts_with(name)) to = text.substr(name.size());
        };
        take("Subject:", found.subject);
        take("Issuer:", found.issuer);
        take("Expire date:", found.ends);
    }
    return found;
}

Probe::Stage stage_of(CURLcode code, const Seen& seen, bool proxy_refused, bool with_tls) {
    CURL* const easy = seen.easy;
    if (seen.begun) return Probe::Stage::answer;
    if (proxy_refused) return Probe::Stage::connection;
    if (is_of_tls(code) && with_tls) return Probe::Stage::tls;
    if (code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY ||
        time_of(easy, CURLINFO_NAMELOOKUP_TIME_T).count() == 0) {
        return Probe::Stage::lookup;
    }
    if (code == CURLE_COULDNT_CONNECT || time_of(easy, CURLINFO_CONNECT_TIME_T).count() == 0) {
        return Probe::Stage::connection;
    }
    return with_tls ? Probe::Stage::tls : Probe::Stage::answer;
}

}  // namespace

Probe probe(const std::string& url, const TransportOptions& options,
            std::chrono::milliseconds timeout) {
    static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
    const std::unique_ptr<CURL, FreeEasy> easy(curl_easy_init());
    if (initialised != CURLE_OK || !easy) throw std::bad_alloc();

    Probe probe;
    Seen seen{.easy = easy.get(), .probe = &probe};
    char error_text[CURL_ERROR_SIZE] = "";
    set_up_connection(easy.get(), options);
    set_url(easy.get(), url);
    set(easy.get(), CURLOPT_ERRORBUFFER, error_text);
    set(easy.get(), CURLOPT_TIMEOUT_MS,
        static_cast<long>((options.connect_timeout + timeout).count()));
    set(easy.get(), CURLOPT_CERTINFO, 1L);
    set(easy.get(), CURLOPT_PREREQFUNCTION, &before_request);
    set(easy.get(), CURLOPT_PREREQDATA, &seen);
    set(easy.get(), CURLOPT_HEADERFUNCTION, &take_header);
    set(easy.get(), CURLOPT_HEADERDATA, &seen);
    set(easy.get(), CURLOPT_WRITEFUNCTION, &refuse_body);

    const CURLcode code = curl_easy_perform(easy.get());
    long status = 0;
    long proxy_status = 0;
    curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(easy.get(), CURLINFO_HTTP_CONNECTCODE, &proxy_status);
    probe.status = static_cast<int>(status);
    probe.through_proxy = proxy_status != 0;
    probe.address = address_of(easy.get());
    probe.certificate = certificate_of(easy.get());
    probe.lookup = time_of(easy.get(), CURLINFO_NAMELOOKUP_TIME_T);
    const auto connected = time_of(easy.get(), CURLINFO_CONNECT_TIME_T);
    const auto spoke_tls = time_of(easy.get(), CURLINFO_APPCONNECT_TIME_T);
    if (connected.count() != 0) probe.connection = connected - probe.lookup;
    if (spoke_tls.count() != 0) probe.tls = spoke_tls - connected;

    const bool answered = code == CURLE_OK || (code == CURLE_WRITE_ERROR && status != 0);
    if (!answered) {
        probe.failed_at = stage_of(code, seen, proxy_status >= 300, url.starts_with("https:"));
        probe.failure = no_answer(code, {.url = url,
                                         .curl_text = error_text,
                                         .begun = seen.begun,
                                         .timeout = timeout,
                                         .ca_bundle = options.ca_bundle,
                                         .proxy_status = static_cast<int>(proxy_status)})
                            .message;
    }
    return probe;
}

}  // namespace lk::http
