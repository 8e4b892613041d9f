#include "local/http/listener.hpp"

#include <boost/asio/steady_timer.hpp>
#include <string_view>
#include <thread>
#include <vector>

#include "base/threads.hpp"
#include "local/http/connection.hpp"
#include "local/http/tls.hpp"

namespace lk::local {

namespace {

namespace net = boost::asio;
using tcp = net::ip::tcp;
using boost::system::error_code;

// What a person can do about an address that cannot be listened on.
std::string_view mend_for(error_code error) {
    if (error == net::error::access_denied) {
        return "; ports below 1024 are for privileged users: choose one from 1024 on, or 0 for any "
               "free one";
    }
    if (error == net::error::address_in_use) return "; choose another port, or 0 for any free one";
    if (error == boost::system::errc::address_not_available) {
        return "; choose an address of this machine, such as 127.0.0.1";
    }
    return "";
}

}  // namespace

class Listener::Parts {
  public:
    Parts(const ListenerOptions& options, const Service& service, Log& log)
        : options_(options),
          log_(log),
          backend_{.service = service,
                   .signatures = options.signatures,
                   .log = log,
                   .timeout = options.idle_timeout},
          context_(options.io_threads) {}

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
                              std::string(mend_for(error)));
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
        acceptor_.async_accept(net::make_strand(context_),
                               [this](error_code error, ClientSocket socket) {
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

    void serve(ClientSocket socket) {
        error_code ignored;
        socket.set_option(tcp::no_delay(true), ignored);
        if (tls_) {
            serve_https(std::move(socket), *tls_, backend_);
        } else {
            serve_http(std::move(socket), backend_);
        }
    }

    const ListenerOptions options_;
    Log& log_;
    const Backend backend_;
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
