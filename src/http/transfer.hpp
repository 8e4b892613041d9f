#pragma once

#include <optional>
#include <string>
#include <vector>

#include "http/curl_errors.hpp"
#include "http/open_sockets.hpp"
#include "http/sent_body.hpp"
#include "http/transport.hpp"

struct curl_slist;

namespace lk::http {

/// How connections are made, to whom they may go and whom they trust: what these options mean for a
/// CURL*. Throws std::bad_alloc.
void set_up_connection(void* easy, const TransportOptions& options);
/// Where this URL is: no proxy is asked for this machine.
void set_url(void* easy, const std::string& url);

/// One easy handle of libcurl and the request that it carries; carries one after another. Used by
/// one thread at a time.
class Transfer {
  public:
    /// `sockets` outlives it and every connection that is made for it.
    Transfer(const TransportOptions& options, OpenSockets& sockets);
    ~Transfer();
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;

    /// Takes a request; the handle is then ready for a multi handle. Throws std::bad_alloc, and
    /// then leaves `done` as it was.
    void take(Request request, Done& done);

    /// Over which connections it may go: any, by default, or only those opened less than so long
    /// ago; zero: a new one.
    void use_connections(std::optional<std::chrono::seconds> younger_than);

    /// Once libcurl has read the body: what full segments left over is sent.
    void send_the_rest() noexcept;

    /// What came of it: an answer when `curl_code` is CURLE_OK.
    [[nodiscard]] Expected<Answer, NoAnswer> outcome(int curl_code);
    /// What came of it when its transport ends first.
    [[nodiscard]] NoAnswer cut_short();

    /// Lets go of the request; its `done` is the caller's.
    [[nodiscard]] Done release() noexcept;

    /// The CURL* of this transfer.
    [[nodiscard]] void* easy() const noexcept { return easy_; }
    /// The transfer of a CURL*.
    [[nodiscard]] static Transfer* of(void* easy) noexcept;

  private:
    // libcurl's callbacks: none of them may throw through it.
    static std::size_t read_body(char* out, std::size_t size, std::size_t count, void* self);
    static int seek_body(void* self, long long offset, int origin);
    static int before_request(void* self, char*, char*, int, int local_port);
    static std::size_t take_header(const char* line, std::size_t size, std::size_t count,
                                   void* self);
    static std::size_t take_body(const char* bytes, std::size_t size, std::size_t count,
                                 void* self);

    void set_up(const TransportOptions& options);
    void set_body();
    void send_full_segments_only(int socket) noexcept;
    void read_header_line(std::string_view line);
    [[nodiscard]] bool fits(std::size_t more_bytes) noexcept;
    [[nodiscard]] FailedTransfer facts() const;

    void* easy_;
    OpenSockets& sockets_;
    std::string ca_bundle_;
    Request request_;
    Done done_;
    std::vector<curl_slist> header_list_;
    SentBody body_;
    std::string small_body_;
    int corked_socket_ = -1;
    Answer answer_;
    std::size_t answer_bytes_ = 0;
    bool answer_too_large_ = false;
    std::vector<char> error_text_;
};

}  // namespace lk::http
