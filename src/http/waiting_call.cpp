#include "http/waiting_call.hpp"

#include <curl/curl.h>
#include <strings.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>

#include "http/curl_errors.hpp"
#include "http/transfer.hpp"

namespace lk::http {
namespace {

struct FreeEasy {
    void operator()(CURL* easy) const noexcept { curl_easy_cleanup(easy); }
};
struct FreeMulti {
    void operator()(CURLM* multi) const noexcept { curl_multi_cleanup(multi); }
};

struct Receiver {
    WipedAnswer answer;
    std::size_t bytes = 0;
    std::size_t most_bytes = 0;
    bool too_large = false;

    bool fits(std::size_t more) noexcept {
        bytes += more;
        too_large = bytes > most_bytes;
        return !too_large;
    }
};

std::size_t take_header(const char* line, std::size_t size, std::size_t count, void* to) {
    auto* const receiver = static_cast<Receiver*>(to);
    if (!receiver->fits(size * count)) return 0;
    const std::string_view text(line, size * count);
    constexpr std::string_view name = "date:";
    if (text.size() > name.size() && strncasecmp(line, name.data(), name.size()) == 0) {
        const auto first = text.find_first_not_of(" \t", name.size());
        const auto last = text.find_last_not_of(" \t\r\n");
        if (first != std::string_view::npos && last >= first) {
            receiver->answer.date.assign(text.substr(first, last - first + 1));
        }
    }
    return size * count;
}

std::size_t take_body(const char* bytes, std::size_t size, std::size_t count, void* to) {
    auto* const receiver = static_cast<Receiver*>(to);
    if (!receiver->fits(size * count)) return 0;
    receiver->answer.body.append(bytes, size * count);
    return size * count;
}

template <class Value>
void set(CURL* easy, CURLoption option, Value value) {
    if (curl_easy_setopt(easy, option, value) != CURLE_OK) throw std::bad_alloc();
}

// The list's nodes point at the call's own text, of which libcurl makes no copy to keep.
struct HeaderList {
    std::vector<WipedText> text;
    std::vector<curl_slist> nodes;

    explicit HeaderList(std::vector<WipedText> headers) : text(std::move(headers)) {
        for (const char* removed : {"Expect:", "Accept:", "Content-Type:"}) {
            bool given = false;
            const std::string_view name(removed);
            for (const auto& one : text) {
                given = given || strncasecmp(one.c_str(), removed, name.size()) == 0;
            }
            if (!given) text.emplace_back(removed);
        }
        for (auto& one : text) nodes.push_back({one.data(), nullptr});
        for (std::size_t i = 1; i < nodes.size(); ++i) nodes[i - 1].next = &nodes[i];
    }
};

void set_up(CURL* easy, const WaitingCall& call, HeaderList& headers, Receiver& receiver,
            char* error_text) {
    set_up_connection(easy, {.connect_timeout = call.connect_timeout,
                             .ca_bundle = call.ca_bundle,
                             .user_agent = call.user_agent,
                             .proxy = call.proxy});
    set_url(easy, call.url);
    if (!call.may_use_proxy) set(easy, CURLOPT_NOPROXY, "*");
    set(easy, CURLOPT_ERRORBUFFER, error_text);
    set(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(call.timeout.count()));
    set(easy, CURLOPT_HTTPHEADER, headers.nodes.data());
    if (call.method != "GET") {
        set(easy, CURLOPT_POST, 1L);
        set(easy, CURLOPT_POSTFIELDS, call.body.empty() ? "" : call.body.data());
        set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call.body.size()));
        set(easy, CURLOPT_CUSTOMREQUEST, call.method.c_str());
    }
    set(easy, CURLOPT_HEADERFUNCTION, &take_header);
    set(easy, CURLOPT_HEADERDATA, &receiver);
    set(easy, CURLOPT_WRITEFUNCTION, &take_body);
    set(easy, CURLOPT_WRITEDATA, &receiver);
}

// The URL as far as it holds no secret: without the query and without a user's name and password.
std::string place(const WaitingCall& call) {
    std::string text = call.url.substr(0, call.url.find_first_of("?#"));
    const auto scheme = text.find("://");
    const auto host = scheme == std::string::npos ? 0 : scheme + 3;
    const auto at = text.rfind('@', text.find('/', host));
    if (at != std::string::npos && at >= host) text.erase(host, at + 1 - host);
    return text.substr(0, 200);
}

// libcurl sends headers as they are: what follows a line break would be a header of its own.
bool breaks_a_line(const std::vector<WipedText>& headers) {
    return std::any_of(headers.begin(), headers.end(), [](const WipedText& header) {
        return header.find_first_of(std::string_view("\r\n\0", 3)) != WipedText::npos;
    });
}

// Runs the one transfer to its end; nothing when it was to stop before.
std::optional<CURLcode> run(CURLM* multi, int stop_descriptor) {
    while (true) {
        int running = 0;
        if (curl_multi_perform(multi, &running) != CURLM_OK) return CURLE_FAILED_INIT;
        int left = 0;
        if (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
            return message->data.result;
        }
        curl_waitfd stop{.fd = stop_descriptor, .events = CURL_WAIT_POLLIN, .revents = 0};
        const unsigned count = stop_descriptor >= 0 ? 1 : 0;
        // libcurl shortens the wait to its own next time-out.
        if (curl_multi_poll(multi, &stop, count, 60'000, nullptr) != CURLM_OK) {
            return CURLE_FAILED_INIT;
        }
        if (count != 0 && stop.revents != 0) return std::nullopt;
    }
}

}  // namespace

Expected<WipedAnswer, NoAnswer> call_and_wait(const WaitingCall& call) {
    const std::string where = place(call);
    if (breaks_a_line(call.headers)) {
        return NoAnswer{.message = "a header for " + where +
                                   " holds a line break and was not sent; what it is made of (a "
                                   "token, mostly) is damaged",
                        .may_have_been_sent = false,
                        .needs_mending = true};
    }
    static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (initialised != CURLE_OK) throw std::runtime_error("libcurl can not be initialised");
    const std::unique_ptr<CURLM, FreeMulti> multi(curl_multi_init());
    const std::unique_ptr<CURL, FreeEasy> easy(curl_easy_init());
    if (!multi || !easy) throw std::bad_alloc();

    char error_text[CURL_ERROR_SIZE] = "";
    HeaderList headers(call.headers);
    Receiver receiver;
    receiver.most_bytes = call.max_answer_bytes;
    // So that the answer is never moved to larger memory.
    receiver.answer.body.reserve(call.max_answer_bytes);
    set_up(easy.get(), call, headers, receiver, error_text);
    if (curl_multi_add_handle(multi.get(), easy.get()) != CURLM_OK) throw std::bad_alloc();
    const std::optional<CURLcode> code = run(multi.get(), call.stop_descriptor);
    curl_multi_remove_handle(multi.get(), easy.get());

    if (!code) return NoAnswer{.message = "the call to " + where + " was ended"};
    if (receiver.too_large) {
        return NoAnswer{.message = "the answer of " + where + " is over the limit of " +
                                   std::to_string(call.max_answer_bytes) +
                                   " bytes and was cut off"};
    }
    if (*code != CURLE_OK) {
        const bool lasting = *code == CURLE_URL_MALFORMAT || *code == CURLE_UNSUPPORTED_PROTOCOL ||
                             *code == CURLE_PEER_FAILED_VERIFICATION ||
                             *code == CURLE_SSL_CACERT_BADFILE;
        // libcurl quotes a proxy's URL that it can not use, password and all.
        const bool may_be_quoted =
            *error_text != '\0' && strcasestr(error_text, "proxy") == nullptr;
        std::string message = "no answer from " + where + " (" +
                              (may_be_quoted ? error_text : curl_easy_strerror(*code)) + ")";
        const std::string mend = mend_on_this_side(
            *code, {.url = call.url, .curl_text = error_text, .ca_bundle = call.ca_bundle});
        if (!mend.empty()) message += ". " + mend;
        return NoAnswer{.message = std::move(message), .needs_mending = lasting};
    }
    long status = 0;
    curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
    receiver.answer.status = static_cast<int>(status);
    return std::move(receiver.answer);
}

}  // namespace lk::http
