#include "local/http/connection.hpp"

#include <openssl/ssl.h>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <memory>
#include <optional>
#include <type_traits>
#include <variant>
#include <vector>

#include "local/http/answer.hpp"
#include "local/http/hints.hpp"

namespace lk::local {

namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using PlainStream = beast::basic_stream<net::ip::tcp, ClientSocket::executor_type>;
using TlsStream = beast::ssl_stream<PlainStream>;

constexpr std::size_t max_body_bytes = 20 * 1024 * 1024;
constexpr std::uint32_t max_header_bytes = 16 * 1024;
// Room for the head and the beginning of a body.
constexpr std::size_t first_read_bytes = 64 * 1024;
// What a connection keeps of its buffer between requests, at most.
constexpr std::size_t max_kept_bytes = 1024 * 1024;

std::int64_t now_ms() {
    using namespace std::chrono;
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

bool is_malformed(error_code error) {
    // The parser's errors and the ends of a connection share a category.
    return error.category() == http::make_error_code(http::error::bad_method).category() &&
           error != http::error::end_of_stream && error != http::error::partial_message;
}

std::string_view view(boost::beast::string_view text) {
    return {text.data(), text.size()};
}

/// One client's connection: reads a request, answers it, and so on. Its callbacks own it, on one
/// strand.
template <class Stream>
class Connection : public std::enable_shared_from_this<Connection<Stream>> {
  public:
    template <class... Tls>
    Connection(ClientSocket socket, const Backend& backend, Tls&... tls)
        : stream_(std::move(socket), tls...), backend_(backend) {}

    void run() {
        if constexpr (is_tls) {
            start_timeout(backend_.timeout);
            stream_.async_handshake(
                net::ssl::stream_base::server,
                [self = this->shared_from_this()](error_code error) { self->on_handshake(error); });
        } else {
            read_beginning();
        }
    }

  private:
    static constexpr bool is_tls = std::is_same_v<Stream, TlsStream>;

    void start_timeout(std::chrono::milliseconds timeout) {
        beast::get_lowest_layer(stream_).expires_after(timeout);
    }

    void on_handshake(error_code error) {
        if (!error) return read_beginning();
        if (error.category() == net::error::get_ssl_category() &&
            ERR_GET_REASON(static_cast<unsigned long>(error.value())) == SSL_R_HTTP_REQUEST) {
            backend_.log.seldom(speaks_plain);
        }
    }

    // A connection's first bytes tell whether the client speaks HTTP/1.1 at all.
    void read_beginning() {
        start_timeout(backend_.timeout);
        stream_.async_read_some(
            buffer_.prepare(first_read_bytes),
            [self = this->shared_from_this()](error_code error, std::size_t bytes) {
                if (error) return;
                self->buffer_.commit(bytes);
                if (!self->is_other_protocol()) self->read_head();
            });
    }

    bool is_other_protocol() {
        if (received().starts_with("PRI * HTTP/2")) {
            backend_.log.seldom(speaks_http2);
            return true;
        }
        if (received().starts_with("\x16\x03")) {
            backend_.log.seldom(speaks_tls);
            return true;
        }
        return false;
    }

    void read_head() {
        parser_.emplace();
        parser_->header_limit(max_header_bytes);
        parser_->body_limit(max_body_bytes);
        start_timeout(backend_.timeout);
        http::async_read_header(stream_, buffer_, *parser_,
                                [self = this->shared_from_this()](error_code error, std::size_t) {
                                    self->on_head(error);
                                });
    }

    void on_head(error_code error) {
        if (error == http::error::body_limit) {
            return refuse(413, "RequestEntityTooLarge", "A request body may have 20 MiB at most");
        }
        if (error == http::error::header_limit) {
            return refuse(431, "RequestHeaderSectionTooLarge",
                          "The headers of a request may have 16 KiB at most");
        }
        if (is_malformed(error)) {
            // Its first bytes may have come one by one.
            if (is_other_protocol()) return;
            return refuse(400, "BadRequest", "This is not HTTP/1.1");
        }
        if (error) return;
        // Where such a body ends nobody could say (RFC 9112, section 6.1).
        const auto coding = parser_->get()[http::field::transfer_encoding];
        if (!coding.empty() && !beast::iequals(coding, "chunked")) {
            return refuse(501, "NotImplemented",
                          "The only transfer coding that is understood is chunked");
        }
        const auto expect = parser_->get()[http::field::expect];
        if (!beast::iequals(expect, "100-continue")) return read_body();
        net::async_write(stream_, net::buffer(go_on),
                         [self = this->shared_from_this()](error_code failed, std::size_t) {
                             if (!failed) self->read_body();
                         });
    }

    void read_body() {
        if (parser_->chunked()) return read_chunks();
        // The rest of the body goes straight to its place behind what came with the head.
        body_bytes_ = parser_->content_length().value_or(0);
        if (buffer_.size() >= body_bytes_) {
            return handle(*parser_, received().substr(0, body_bytes_));
        }
        const auto rest = buffer_.prepare(body_bytes_ - buffer_.size());
        net::async_read(stream_, rest,
                        [self = this->shared_from_this()](error_code error, std::size_t bytes) {
                            self->buffer_.commit(bytes);
                            if (!error) self->handle(*self->parser_, self->received());
                        });
    }

    void read_chunks() {
        chunked_.emplace(std::move(*parser_));
        http::async_read(stream_, buffer_, *chunked_,
                         [self = this->shared_from_this()](error_code error, std::size_t) {
                             self->on_chunks(error);
                         });
    }

    void on_chunks(error_code error) {
        if (error == http::error::body_limit) {
            return refuse(413, "RequestEntityTooLarge", "A request body may have 20 MiB at most");
        }
        if (is_malformed(error)) {
            return refuse(400, "BadRequest", "The chunks of the body are not HTTP/1.1's");
        }
        if (error) return;
        body_bytes_ = 0;
        handle(*chunked_, chunked_->get().body());
    }

    // `head` is the parser that read the request's head. It and the body stay as they are until
    // perform() is done with them.
    template <class Parser>
    void handle(const Parser& head, std::string_view body) {
        const auto& message = head.get();
        request_ = {.method = view(message.method_string()),
                    .content_type = view(message[http::field::content_type]),
                    .amz_target = view(message["X-Amz-Target"]),
                    .body = body,
                    .refusal = refusal_of(message, body)};
        keep_open_ = head.keep_alive() && message.version() == 11;
        faults_ = decide_faults(backend_.service, request_);
        after(faults_.delay_before_commit, [](Connection& self) { self.perform(); });
    }

    template <class Message>
    std::optional<Refusal> refusal_of(const Message& message, std::string_view body) const {
        if (backend_.signatures == nullptr) return std::nullopt;
        std::vector<aws::Header> headers;
        for (const auto& field : message) {
            headers.push_back({view(field.name_string()), view(field.value())});
        }
        return backend_.signatures->check({.method = view(message.method_string()),
                                           .target = view(message.target()),
                                           .headers = headers,
                                           .body = body});
    }

    void perform() {
        reply_ = answer(backend_.service, request_, faults_);
        request_ = {};
        chunked_.reset();
        buffer_.consume(body_bytes_);
        if (buffer_.size() == 0 && buffer_.capacity() > max_kept_bytes) buffer_.shrink_to_fit();
        after(faults_.delay_after_commit, [](Connection& self) { self.respond(); });
    }

    void respond() {
        const AnswerFault* const fault = faults_.answer;
        if (fault == nullptr) return send(reply_, keep_open_);
        if (std::holds_alternative<Reset>(fault->kind)) return abort(true);
        if (std::holds_alternative<Close>(fault->kind)) return abort(false);
        if (const auto* const cut = std::get_if<Truncate>(&fault->kind)) {
            return send(reply_, false, cut->body_bytes);
        }
        send(reply_, keep_open_);
    }

    // Ends the connection without a word: with a reset, or in order.
    void abort(bool reset) {
        auto& socket = beast::get_lowest_layer(stream_).socket();
        error_code ignored;
        if (reset) socket.set_option(net::socket_base::linger(true, 0), ignored);
        socket.close(ignored);
    }

    template <class Step>
    void after(std::chrono::milliseconds delay, Step step) {
        if (delay == delay.zero()) return step(*this);
        timer_.expires_after(delay);
        timer_.async_wait([self = this->shared_from_this(), step](error_code error) {
            if (!error) step(*self);
        });
    }

    void refuse(int status, std::string_view code, std::string_view message) {
        send(refuse_http(status, code, message), false);
    }

    void send(const HttpAnswer& reply, bool keep_open, std::size_t most_body_bytes = SIZE_MAX) {
        // One piece: an async_write of several through Beast's ssl_stream ends early without an
        // error when the second is over 16 KiB (seen with 1.74).
        answer_ = write_answer(reply, keep_open, now_ms());
        if (most_body_bytes < reply.body.size()) {
            answer_.resize(answer_.size() - reply.body.size() + most_body_bytes);
        }
        start_timeout(backend_.timeout);
        net::async_write(
            stream_, net::buffer(answer_),
            [self = this->shared_from_this(), keep_open](error_code error, std::size_t) {
                if (error) return;
                keep_open ? self->read_head() : self->end();
            });
    }

    // A socket closed while the client still sends would reset the connection and could destroy
    // the answer on its way: so first tell the end, then let the client have its say for a moment.
    void end() {
        start_timeout(std::chrono::seconds(2));
        if constexpr (is_tls) {
            stream_.async_shutdown([self = this->shared_from_this()](error_code) {});
        } else {
            error_code ignored;
            stream_.socket().shutdown(net::socket_base::shutdown_send, ignored);
            drain(max_body_bytes);
        }
    }

    void drain(std::size_t bytes_left) {
        buffer_.clear();
        stream_.async_read_some(
            buffer_.prepare(first_read_bytes),
            [self = this->shared_from_this(), bytes_left](error_code error, std::size_t bytes) {
                if (!error && bytes < bytes_left) self->drain(bytes_left - bytes);
            });
    }

    std::string_view received() const {
        const auto data = buffer_.data();
        return {static_cast<const char*>(data.data()), data.size()};
    }

    static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";

    Stream stream_;
    const Backend& backend_;
    // Kept from request to request, so that a body is read into memory that is there already.
    beast::flat_buffer buffer_{max_body_bytes + 2 * first_read_bytes};
    std::optional<http::request_parser<http::empty_body>> parser_;
    std::optional<http::request_parser<http::string_body>> chunked_;
    std::size_t body_bytes_ = 0;
    HttpRequest request_;
    bool keep_open_ = false;
    FaultDecision faults_;
    net::basic_waitable_timer<std::chrono::steady_clock,
                              net::wait_traits<std::chrono::steady_clock>,
                              ClientSocket::executor_type>
        timer_{stream_.get_executor()};
    HttpAnswer reply_;
    std::string answer_;
};

}  // namespace

void serve_http(ClientSocket socket, const Backend& backend) {
    std::make_shared<Connection<PlainStream>>(std::move(socket), backend)->run();
}

void serve_https(ClientSocket socket, boost::asio::ssl::context& tls, const Backend& backend) {
    std::make_shared<Connection<TlsStream>>(std::move(socket), backend, tls)->run();
}

}  // namespace lk::local
