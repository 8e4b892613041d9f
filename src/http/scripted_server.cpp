#include "http/scripted_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <stdexcept>

#include "base/threads.hpp"

namespace lk::http {
namespace {

struct FreeSsl {
    void operator()(SSL* one) const { SSL_free(one); }
    void operator()(SSL_CTX* one) const { SSL_CTX_free(one); }
    void operator()(BIO* one) const { BIO_free(one); }
    void operator()(X509* one) const { X509_free(one); }
    void operator()(EVP_PKEY* one) const { EVP_PKEY_free(one); }
};

}  // namespace

struct ScriptedServer::Tls {
    Tls(const TestCertificate& pem, int newest_version)
        : context(SSL_CTX_new(TLS_server_method())) {
        const auto reader = [](const std::string& text) {
            return std::unique_ptr<BIO, FreeSsl>(
                BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
        };
        const std::unique_ptr<X509, FreeSsl> certificate(
            PEM_read_bio_X509(reader(pem.certificate).get(), nullptr, nullptr, nullptr));
        const std::unique_ptr<EVP_PKEY, FreeSsl> key(
            PEM_read_bio_PrivateKey(reader(pem.key).get(), nullptr, nullptr, nullptr));
        if (SSL_CTX_use_certificate(context.get(), certificate.get()) != 1 ||
            SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1) {
            throw std::runtime_error("the test server's certificate can not be used");
        }
        if (newest_version != 0) {
            // Versions before 1.2 are closed to it otherwise.
            SSL_CTX_set_security_level(context.get(), 0);
            SSL_CTX_set_min_proto_version(context.get(), 0);
            SSL_CTX_set_max_proto_version(context.get(), newest_version);
        }
    }

    std::unique_ptr<SSL_CTX, FreeSsl> context;
};

// A socket, with TLS over it or without.
struct ScriptedConnection::Stream {
    int socket = -1;
    std::unique_ptr<SSL, FreeSsl> ssl;

    ~Stream() {
        ssl.reset();
        if (socket >= 0) ::close(socket);
    }

    long read(char* out, std::size_t room) const {
        if (ssl) return SSL_read(ssl.get(), out, static_cast<int>(room));
        return recv(socket, out, room, 0);
    }

    long write(const char* bytes, std::size_t count) const {
        if (ssl) return SSL_write(ssl.get(), bytes, static_cast<int>(count));
        return ::send(socket, bytes, count, MSG_NOSIGNAL);
    }
};

ScriptedConnection::ScriptedConnection(std::unique_ptr<Stream> stream, std::size_t number)
    : stream_(std::move(stream)), number_(number) {}

ScriptedConnection::~ScriptedConnection() = default;

bool ScriptedConnection::fill() {
    char bytes[64 * 1024];
    const long count = stream_->read(bytes, sizeof bytes);
    if (count <= 0) return false;
    unread_.append(bytes, static_cast<std::size_t>(count));
    return true;
}

std::optional<ReceivedRequest> ScriptedConnection::read_head() {
    std::size_t end = 0;
    while ((end = unread_.find("\r\n\r\n")) == std::string::npos) {
        if (!fill()) return std::nullopt;
    }
    const std::string head = unread_.substr(0, end + 2);
    unread_.erase(0, end + 4);
    ReceivedRequest request;
    for (std::size_t at = 0; at < head.size();) {
        const std::size_t line_end = head.find("\r\n", at);
        const std::string line = head.substr(at, line_end - at);
        at = line_end + 2;
        if (request.first_line.empty()) {
            request.first_line = line;
            continue;
        }
        std::string name = line.substr(0, line.find(':'));
        for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        request.headers[name] = line.substr(line.find(": ") + 2);
    }
    return request;
}

std::optional<ReceivedRequest> ScriptedConnection::read_request() {
    auto request = read_head();
    if (!request) return std::nullopt;
    const std::string& length = request->headers["content-length"];
    std::size_t body_bytes = 0;
    std::from_chars(length.data(), length.data() + length.size(), body_bytes);
    while (unread_.size() < body_bytes) {
        if (!fill()) return std::nullopt;
    }
    request->body = unread_.substr(0, body_bytes);
    unread_.erase(0, body_bytes);
    return request;
}

void ScriptedConnection::wait_for_more() {
    fill();
}

void ScriptedConnection::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const long count = stream_->write(bytes.data(), bytes.size());
        if (count <= 0) return;
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
}

void ScriptedConnection::relay_to(int port) {
    Stream far;
    far.socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(far.socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return;
    far.write(unread_.data(), unread_.size());
    unread_.clear();
    const Stream* const ends[] = {stream_.get(), &far};
    while (true) {
        pollfd ready[] = {{ends[0]->socket, POLLIN, 0}, {ends[1]->socket, POLLIN, 0}};
        constexpr int patience_ms = 30'000;
        if (poll(ready, 2, patience_ms) <= 0) return;
        for (std::size_t i = 0; i < 2; ++i) {
            if (ready[i].revents == 0) continue;
            char bytes[16 * 1024];
            const long count = ends[i]->read(bytes, sizeof bytes);
            if (count <= 0) return;
            if (ends[1 - i]->write(bytes, static_cast<std::size_t>(count)) != count) return;
        }
    }
}

void ScriptedConnection::answer(int status, std::string_view body, std::string_view headers) {
    std::string text = "HTTP/1.1 " + std::to_string(status) + " Scripted\r\n";
    text.append(headers).append("Content-Length: ").append(std::to_string(body.size()));
    text.append("\r\n\r\n").append(body);
    send(text);
}

void ScriptedConnection::reset_at_end() {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    setsockopt(stream_->socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

void ScriptedConnection::close() {
    shutdown(stream_->socket, SHUT_RDWR);
}

ScriptedServer::ScriptedServer(Script script) : script_(std::move(script)) {
    open();
}

ScriptedServer::ScriptedServer(Script script, const TestCertificate& certificate, int newest_tls)
    : script_(std::move(script)), tls_(std::make_unique<Tls>(certificate, newest_tls)) {
    open();
}

void ScriptedServer::open() {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (listener_ < 0 || bind(listener_, generic, size) != 0 || listen(listener_, 128) != 0 ||
        getsockname(listener_, generic, &size) != 0) {
        throw std::runtime_error("the test server can not listen on 127.0.0.1");
    }
    port_ = ntohs(address.sin_port);
    // Signals stay blocked in them, so writing to a closed TLS connection raises none.
    acceptor_ = start_thread("lk-scripted", [this] { accept_all(); });
}

void ScriptedServer::accept_all() {
    while (true) {
        const int socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        const std::lock_guard lock(mutex_);
        if (stopping_ || socket < 0) {
            if (socket >= 0) ::close(socket);
            return;
        }
        const timeval patience{.tv_sec = 30, .tv_usec = 0};
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        const std::size_t number = accepted_++;
        const auto place = open_sockets_.insert(open_sockets_.end(), socket);
        scripts_.push_back(start_thread("lk-scripted", [this, socket, number, place] {
            auto stream = std::make_unique<ScriptedConnection::Stream>();
            stream->socket = socket;
            bool ready = true;
            if (tls_) {
                stream->ssl.reset(SSL_new(tls_->context.get()));
                SSL_set_fd(stream->ssl.get(), socket);
                ready = SSL_accept(stream->ssl.get()) == 1;
            }
            ScriptedConnection connection(std::move(stream), number);
            if (ready) script_(connection);
            // Before it is closed and its number given to another.
            const std::lock_guard closing(mutex_);
            open_sockets_.erase(place);
        }));
    }
}

std::string ScriptedServer::url() const {
    return (tls_ ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(port_) + "/";
}

ScriptedServer::~ScriptedServer() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        for (const int socket : open_sockets_) shutdown(socket, SHUT_RDWR);
    }
    shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    ::close(listener_);
    for (auto& script : scripts_) script.join();
}

}  // namespace lk::http
