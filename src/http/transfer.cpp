#include "http/transfer.hpp"

#include <curl/curl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <limits>
#include <new>
#include <utility>

#include "http/loopback.hpp"

namespace lk::http {
namespace {

// Bodies are copied through a buffer of this size on their way to the socket. libcurl 7.88 makes it
// anew for each transfer: larger ones are faulted in page by page every time, which cost a tenth of
// all CPU at 512 KiB.
constexpr long upload_buffer_bytes = 64 * 1024;

// A body of no more bytes is sent with the head, in one system call and one TLS record; libcurl
// does that with bodies that it is given, and not with those that it reads.
constexpr std::size_t most_with_head = 12 * 1024;

// libcurl writes a larger body apart from the head, and in TLS records of 16 KiB, each of which the
// kernel would send by itself and the far end read by itself. Two system calls a request make it
// send full segments only (TCP_CORK, tcp(7)).
void set_cork(int socket, int corked) noexcept {
#ifdef TCP_CORK
    setsockopt(socket, IPPROTO_TCP, TCP_CORK, &corked, sizeof corked);
#endif
}

// What is kept of a line of an answer's head beside its text, by us and by libcurl. Counted, so
// that a head of many short lines takes no more memory than any other answer.
constexpr std::size_t kept_of_a_line_bytes = 320;

// How long a name that was looked up is taken for known. With the age of connections it bounds how
// late a change in DNS is followed. libcurl looks up a few names only, so their number needs no
// bound.
constexpr long dns_cache_seconds = 60;

// libcurl refuses an option that it knows only for want of memory.
template <class Value>
void set(void* easy, CURLoption option, Value value) {
    if (curl_easy_setopt(easy, option, value) != CURLE_OK) throw std::bad_alloc();
}

// libcurl keeps it in an unsigned int.
long milliseconds(std::chrono::milliseconds time) {
    return std::clamp<long>(static_cast<long>(time.count()), 0, std::numeric_limits<int>::max());
}

std::string_view without_line_end(std::string_view line) {
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
    return line;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

// libcurl reads a file of authorities once for all connections, but once for each where it is to
// look into a folder, too: 0.8 MiB and 25 ms of CPU a connection, with the 150 authorities of a
// Debian. There file and folder hold the same.
bool reads_system_file() {
    const char* const file = curl_version_info(CURLVERSION_NOW)->cainfo;
    return file != nullptr && access(file, R_OK) == 0;
}

// Those of the environment are found by libcurl itself. User and password are sent at once (Basic):
// an answer 407 to the request itself would come too late, as nothing is sent twice.
void set_up_proxy(void* easy, const TransportOptions& options) {
    if (!options.proxy.empty()) set(easy, CURLOPT_PROXY, options.proxy.c_str());
    set(easy, CURLOPT_PROXYAUTH, CURLAUTH_BASIC);
    set(easy, CURLOPT_PROXY_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
}

void set_up_trust(void* easy, const TransportOptions& options) {
    const bool is_given = !options.ca_bundle.empty();
    if (is_given) {
        set(easy, CURLOPT_CAINFO, options.ca_bundle.c_str());
        set(easy, CURLOPT_PROXY_CAINFO, options.ca_bundle.c_str());
    }
    if (is_given || reads_system_file()) {
        // "In place of the system's": its folder of certificates counts as the system's too.
        set(easy, CURLOPT_CAPATH, static_cast<const char*>(nullptr));
        set(easy, CURLOPT_PROXY_CAPATH, static_cast<const char*>(nullptr));
    }
}

}  // namespace

void set_up_connection(void* easy, const TransportOptions& options) {
    set(easy, CURLOPT_NOSIGNAL, 1L);
    // Otherwise a time-out while a name is looked up would hold up the whole loop until the
    // system's resolver gives up too.
    set(easy, CURLOPT_QUICK_EXIT, 1L);

    set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    set(easy, CURLOPT_FOLLOWLOCATION, 0L);
    set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(easy, CURLOPT_PIPEWAIT, 0L);
    set(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    set(easy, CURLOPT_USERAGENT, options.user_agent.c_str());

    set(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    set(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    set(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    set_up_trust(easy, options);
    set_up_proxy(easy, options);

    set(easy, CURLOPT_DNS_CACHE_TIMEOUT, dns_cache_seconds);
    set(easy, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(options.connect_timeout));
    set(easy, CURLOPT_TCP_NODELAY, 1L);
    set(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    set(easy, CURLOPT_TCP_KEEPIDLE, 30L);
    set(easy, CURLOPT_TCP_KEEPINTVL, 10L);
}

void set_url(void* easy, const std::string& url) {
    set(easy, CURLOPT_URL, url.c_str());
    set(easy, CURLOPT_NOPROXY, is_loopback(url) ? "*" : static_cast<const char*>(nullptr));
}

Transfer::Transfer(const TransportOptions& options, OpenSockets& sockets)
    : easy_(curl_easy_init()),
      sockets_(sockets),
      ca_bundle_(options.ca_bundle),
      error_text_(CURL_ERROR_SIZE) {
    if (easy_ == nullptr) throw std::bad_alloc();
    try {
        set_up(options);
    } catch (...) {
        curl_easy_cleanup(easy_);
        throw;
    }
}

Transfer::~Transfer() {
    curl_easy_cleanup(easy_);
}

void Transfer::set_up(const TransportOptions& options) {
    set(easy_, CURLOPT_PRIVATE, this);
    set(easy_, CURLOPT_ERRORBUFFER, error_text_.data());
    set_up_connection(easy_, options);
    set(easy_, CURLOPT_SOCKOPTFUNCTION, &OpenSockets::opened);
    set(easy_, CURLOPT_SOCKOPTDATA, &sockets_);
    set(easy_, CURLOPT_CLOSESOCKETFUNCTION, &OpenSockets::close);
    set(easy_, CURLOPT_CLOSESOCKETDATA, &sockets_);
    set(easy_, CURLOPT_POST, 1L);
    set(easy_, CURLOPT_UPLOAD_BUFFERSIZE, upload_buffer_bytes);
    set(easy_, CURLOPT_READFUNCTION, &Transfer::read_body);
    set(easy_, CURLOPT_READDATA, this);
    set(easy_, CURLOPT_SEEKFUNCTION, &Transfer::seek_body);
    set(easy_, CURLOPT_SEEKDATA, this);
    set(easy_, CURLOPT_PREREQFUNCTION, &Transfer::before_request);
    set(easy_, CURLOPT_PREREQDATA, this);
    set(easy_, CURLOPT_HEADERFUNCTION, &Transfer::take_header);
    set(easy_, CURLOPT_HEADERDATA, this);
    set(easy_, CURLOPT_WRITEFUNCTION, &Transfer::take_body);
    set(easy_, CURLOPT_WRITEDATA, this);
}

void Transfer::take(Request request, Done& done) {
    request_ = std::move(request);
    answer_ = {};
    answer_bytes_ = 0;
    answer_too_large_ = false;
    corked_socket_ = -1;
    error_text_.front() = '\0';

    // Empty values take out what libcurl would add on its own. It keeps no copy of the list and
    // only reads it, so the nodes can stand in a vector and point at the request's own text.
    static char no_expect[] = "Expect:";
    static char no_accept[] = "Accept:";
    header_list_.clear();
    for (std::string& header : request_.headers) header_list_.push_back({header.data(), nullptr});
    header_list_.push_back({no_expect, nullptr});
    header_list_.push_back({no_accept, nullptr});
    for (std::size_t i = 1; i < header_list_.size(); ++i) {
        header_list_[i - 1].next = &header_list_[i];
    }

    set_url(easy_, request_.url);
    set(easy_, CURLOPT_HTTPHEADER, header_list_.data());
    set_body();
    set(easy_, CURLOPT_TIMEOUT_MS, milliseconds(request_.timeout));
    done_ = std::move(done);
}

void Transfer::set_body() {
    set(easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body_bytes));
    if (request_.body_bytes == 0 || request_.body_bytes > most_with_head) {
        body_ = SentBody(request_.body, request_.body_bytes);
        set(easy_, CURLOPT_POSTFIELDS, static_cast<const char*>(nullptr));
        return;
    }
    small_body_.clear();
    for (const std::string_view piece : request_.body) small_body_ += piece;
    body_ = SentBody::with_head(request_.body_bytes);
    set(easy_, CURLOPT_POSTFIELDS, small_body_.data());
}

void Transfer::use_connections(std::optional<std::chrono::seconds> younger_than) {
    const long age = younger_than ? static_cast<long>(younger_than->count()) : 0;
    set(easy_, CURLOPT_FRESH_CONNECT, younger_than && age == 0 ? 1L : 0L);
    // Zero: of any age.
    set(easy_, CURLOPT_MAXLIFETIME_CONN, age);
}

Expected<Answer, NoAnswer> Transfer::outcome(int curl_code) {
    if (curl_code != CURLE_OK) return no_answer(curl_code, facts());
    long status = 0;
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
    if (status == status_of_proxy_refusal) return refused_by_proxy(facts());
    answer_.status = static_cast<int>(status);
    return std::move(answer_);
}

NoAnswer Transfer::cut_short() {
    return ended_with_transport(facts());
}

Done Transfer::release() noexcept {
    curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, nullptr);
    // A session token may be among them.
    for (std::string& header : request_.headers) wipe(header);
    request_ = {};
    body_ = {};
    // There still when it was cut off.
    answer_ = {};
    return std::exchange(done_, nullptr);
}

Transfer* Transfer::of(void* easy) noexcept {
    void* self = nullptr;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &self);
    return static_cast<Transfer*>(self);
}

FailedTransfer Transfer::facts() const {
    long proxy_status = 0;
    curl_easy_getinfo(easy_, CURLINFO_HTTP_CONNECTCODE, &proxy_status);
    return {.url = request_.url,
            .curl_text = error_text_.data(),
            .begun = body_.begun(),
            .may_be_sent_whole = body_.may_be_sent_whole(),
            .answer_begun = answer_bytes_ > 0,
            .answer_too_large = answer_too_large_,
            .max_answer_bytes = request_.max_answer_bytes,
            .timeout = request_.timeout,
            .ca_bundle = ca_bundle_,
            .proxy_status = static_cast<int>(proxy_status)};
}

std::size_t Transfer::read_body(char* out, std::size_t size, std::size_t count, void* self) {
    return static_cast<Transfer*>(self)->body_.read(out, size * count);
}

int Transfer::seek_body(void* self, long long offset, int origin) {
    const bool at_start = origin == SEEK_SET && offset == 0;
    return at_start && static_cast<Transfer*>(self)->body_.untouched() ? CURL_SEEKFUNC_OK
                                                                       : CURL_SEEKFUNC_FAIL;
}

int Transfer::before_request(void* self, char*, char*, int, int local_port) {
    auto* transfer = static_cast<Transfer*>(self);
    if (!transfer->body_.begin()) return CURL_PREREQFUNC_ABORT;
    if (!transfer->body_.goes_with_head()) {
        transfer->send_full_segments_only(transfer->sockets_.with_local_port(local_port));
    }
    return CURL_PREREQFUNC_OK;
}

void Transfer::send_full_segments_only(int socket) noexcept {
    if (socket < 0) return;
    set_cork(socket, 1);
    corked_socket_ = socket;
}

// A body that is not read to its end is given up with its connection.
void Transfer::send_the_rest() noexcept {
    if (corked_socket_ < 0 || !body_.may_be_sent_whole()) return;
    const int socket = std::exchange(corked_socket_, -1);
    if (sockets_.has(socket)) set_cork(socket, 0);
}

bool Transfer::fits(std::size_t more_bytes) noexcept {
    answer_bytes_ += more_bytes;
    answer_too_large_ = answer_bytes_ > request_.max_answer_bytes;
    return !answer_too_large_;
}

std::size_t Transfer::take_header(const char* line, std::size_t size, std::size_t count,
                                  void* self) {
    auto* transfer = static_cast<Transfer*>(self);
    if (!transfer->fits(size * count + kept_of_a_line_bytes)) return 0;
    try {
        transfer->read_header_line(without_line_end({line, size * count}));
    } catch (...) {
        return 0;
    }
    return size * count;
}

void Transfer::read_header_line(std::string_view line) {
    if (line.starts_with("HTTP/")) {
        // The first line of the answer, or of the one after an interim answer such as 100.
        answer_.headers.clear();
        return;
    }
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return;
    std::string name(line.substr(0, colon));
    for (char& c : name) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    answer_.headers.emplace_back(std::move(name), trimmed(line.substr(colon + 1)));
}

std::size_t Transfer::take_body(const char* bytes, std::size_t size, std::size_t count,
                                void* self) {
    auto* transfer = static_cast<Transfer*>(self);
    if (!transfer->fits(size * count)) return 0;
    try {
        transfer->answer_.body.append(bytes, size * count);
    } catch (...) {
        return 0;
    }
    return size * count;
}

}  // namespace lk::http
