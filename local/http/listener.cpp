#include "local/http/listener.hpp"

#include <openssl/ssl.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <optional>
#include <thread>
#include <type_traits>
#include <vector>

#include "base/threads.hpp"
#include "local/http/answer.hpp"
#include "local/http/hints.hpp"
#include "local/http/tls.hpp"

namespace lk::local {

namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using tcp = net::ip::tcp;
using boost::system::error_code;
using Strand = net::strand<net::io_context::executor_type>;
using Socket = net::basic_stream_socket<tcp, Strand>;
using PlainStream = beast::basic_stream<tcp, Strand>;
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
    Connection(Socket socket, const Service& service, Log& log, std::chrono::milliseconds timeout,
               Tls&... tls)
        : stream_(std::move(socket), tls...), service_(service), log_(log), timeout_(timeout) {}

    void run() {
        if constexpr (is_tls) {
            start_timeout(timeout_);
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
            log_.seldom(speaks_plain);
        }
    }

    // A connection's first bytes tell whether the client speaks HTTP/1.1 at all.
    void read_beginning() {
        start_timeout(timeout_);
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
            log_.seldom(speaks_http2);
            return true;
        }
        if (received().starts_with("\x16\x03")) {
            log_.seldom(speaks_tls);
            return true;
        }
        return false;
    }

    void read_head() {
        parser_.emplace();
        parser_->header_limit(max_header_bytes);
        parser_->body_limit(max_body_bytes);
        start_timeout(timeout_);
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
        if (is_malformed(error)) return refuse(400, "BadRequest", "This is not HTTP/1.1");
        if (error) return;
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
        if (error) return;
        body_bytes_ = 0;
        handle(*chunked_, chunked_->get().body());
        chunked_.reset();
    }

    // `head` is the parser that read the request's head.
    template <class Parser>
    void handle(const Parser& head, std::string_view body) {
        const auto& message = head.get();
        const HttpAnswer reply =
            answer(service_, {.method = view(message.method_string()),
                              .content_type = view(message[http::field::content_type]),
                              .amz_target = view(message["X-Amz-Target"]),
                              .body = body});
        const bool keep_open = head.keep_alive() && message.version() == 11;
        buffer_.consume(body_bytes_);
        if (buffer_.size() == 0 && buffer_.capacity() > max_kept_bytes) buffer_.shrink_to_fit();
        send(reply, keep_open);
    }

    void refuse(int status, std::string_view code, std::string_view message) {
        send(refuse_http(status, code, message), false);
    }

    void send(const HttpAnswer& reply, bool keep_open) {
        // One piece: an async_write of several through Beast's ssl_stream ends early without an
        // error when the second is over 16 KiB (seen with 1.74).
        answer_ = write_answer(reply, keep_open, now_ms());
        start_timeout(timeout_);
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
            stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
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
    const Service& service_;
    Log& log_;
    const std::chrono::milliseconds timeout_;
    // Kept from request to request, so that a body is read into memory that is there already.
    beast::flat_buffer buffer_{max_body_bytes + 2 * first_read_bytes};
    std::optional<http::request_parser<http::empty_body>> parser_;
    std::optional<http::request_parser<http::string_body>> chunked_;
    std::size_t body_bytes_ = 0;
    std::string answer_;
};

}  // namespace

class Listener::Parts {
  public:
    Parts(const ListenerOptions& options, const Service& service, Log& log)
        : options_(options), service_(service), log_(log), context_(options.io_threads) {}

    ~Parts() {
        context_.stop();
        for (std::thread& thread : threads_) thread.join();
    }

    std::optional<Error> listen() {
        if (options_.certificate) {
            auto tls = make_tls_context(*options_.certificate, log_);
            if (!tls) return std::move(tls).error();
            tls_.emplace(tls->release());  // Asio's context owns it from here on.
        }
        error_code error;
        const auto address = net::ip::make_address(options_.address, error);
        if (error) {
            return bad_option("the address '" + options_.address +
                              "' is not a numeric IPv4 or IPv6 address, such as 127.0.0.1 or ::1");
        }
        const tcp::endpoint endpoint(address, options_.port);
        acceptor_.open(endpoint.protocol(), error);
        if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
        if (!error) acceptor_.bind(endpoint, error);
        if (!error) acceptor_.listen(net::socket_base::max_listen_connections, error);
        if (error) {
            return bad_option("cannot listen on " + options_.address + " port " +
                              std::to_string(options_.port) + ": " + error.message() +
                              "; choose another port, or 0 for any free one");
        }
        accept();
        for (int count = 0; count < options_.io_threads; ++count) {
            threads_.push_back(start_thread("lk-local-io", [this] { run(); }));
        }
        return std::nullopt;
    }

    [[nodiscard]] tcp::endpoint endpoint() const {
        error_code ignored;
        return acceptor_.local_endpoint(ignored);
    }

  private:
    static Error bad_option(std::string message) {
        return {.code = ErrorCode::bad_option, .message = std::move(message)};
    }

    void run() {
        for (;;) {
            try {
                context_.run();
                return;
            } catch (const std::exception& error) {
                // One connection's trouble (no memory, say) is not the others'.
                log_.line(std::string("a connection was dropped: ") + error.what());
            }
        }
    }

    void accept() {
        acceptor_.async_accept(net::make_strand(context_), [this](error_code error, Socket socket) {
            if (error) return pause(error);
            serve(std::move(socket));
            accept();
        });
    }

    // Most likely there are no file descriptors left: trying again at once would only spin.
    void pause(error_code error) {
        if (error == net::error::operation_aborted) return;
        log_.seldom("cannot accept connections for now: is the limit of open files reached?");
        pause_.expires_after(std::chrono::milliseconds(100));
        pause_.async_wait([this](error_code stopped) {
            if (!stopped) accept();
        });
    }

    void serve(Socket socket) {
        error_code ignored;
        socket.set_option(tcp::no_delay(true), ignored);
        if (tls_) {
            std::make_shared<Connection<TlsStream>>(std::move(socket), service_, log_,
                                                    options_.idle_timeout, *tls_)
                ->run();
        } else {
            std::make_shared<Connection<PlainStream>>(std::move(socket), service_, log_,
                                                      options_.idle_timeout)
                ->run();
        }
    }

    const ListenerOptions options_;
    const Service& service_;
    Log& log_;
    std::optional<net::ssl::context> tls_;
    net::io_context context_;
    tcp::acceptor acceptor_{context_};
    net::steady_timer pause_{context_};
    std::vector<std::thread> threads_;
};

Listener::Listener(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Listener::~Listener() = default;

Expected<std::unique_ptr<Listener>, Error> Listener::start(const ListenerOptions& options,
                                                           const Service& service, Log& log) {
    auto parts = std::make_unique<Parts>(options, service, log);
    if (auto error = parts->listen()) return *std::move(error);
    return std::unique_ptr<Listener>(new Listener(std::move(parts)));
}

std::uint16_t Listener::port() const noexcept {
    return parts_->endpoint().port();
}

std::string Listener::host() const {
    const auto address = parts_->endpoint().address();
    if (address.is_v4()) return address.is_unspecified() ? "127.0.0.1" : address.to_string();
    return address.is_unspecified() ? "[::1]" : "[" + address.to_string() + "]";
}

}  // namespace lk::local
