#include "local/http/raw_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>

#include "local/concat.hpp"

namespace lk::local {

struct RawClient::Session {
    ~Session() {
        SSL_free(ssl);
        SSL_CTX_free(context);
    }

    SSL_CTX* context = SSL_CTX_new(TLS_client_method());
    SSL* ssl = nullptr;
};

RawClient::RawClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval patience{.tv_sec = 30, .tv_usec = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ =
        ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

RawClient::RawClient(std::uint16_t port, const Tls& tls) : RawClient(port) {
    session_ = std::make_unique<Session>();
    BIO* const memory =
        BIO_new_mem_buf(tls.authority.data(), static_cast<int>(tls.authority.size()));
    X509* const authority = PEM_read_bio_X509(memory, nullptr, nullptr, nullptr);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(session_->context), authority);
    X509_free(authority);
    BIO_free(memory);
    SSL_CTX_set_verify(session_->context, SSL_VERIFY_PEER, nullptr);
    session_->ssl = SSL_new(session_->context);
    SSL_set1_host(session_->ssl, "127.0.0.1");
    std::string offer;
    for (const std::string& protocol : tls.protocols) {
        offer += static_cast<char>(protocol.size());
        offer += protocol;
    }
    SSL_set_alpn_protos(session_->ssl, reinterpret_cast<const unsigned char*>(offer.data()),
                        static_cast<unsigned>(offer.size()));
    SSL_set_fd(session_->ssl, socket_);
    connected_ = connected_ && SSL_connect(session_->ssl) == 1;
}

RawClient::~RawClient() {
    session_.reset();
    if (socket_ >= 0) ::close(socket_);
}

std::string RawClient::protocol() const {
    const unsigned char* chosen = nullptr;
    unsigned int bytes = 0;
    SSL_get0_alpn_selected(session_->ssl, &chosen, &bytes);
    return {reinterpret_cast<const char*>(chosen), bytes};
}

bool RawClient::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto sent =
            session_ ? SSL_write(session_->ssl, bytes.data(), static_cast<int>(bytes.size()))
                     : ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

void RawClient::finish() {
    ::shutdown(socket_, SHUT_WR);
}

bool RawClient::fill() {
    char buffer[64 * 1024];
    const auto received = session_ ? SSL_read(session_->ssl, buffer, sizeof buffer)
                                   : ::recv(socket_, buffer, sizeof buffer, 0);
    if (received <= 0) return false;
    unread_.append(buffer, static_cast<std::size_t>(received));
    return true;
}

RawAnswer RawClient::read_answer() {
    constexpr std::string_view blank_line = "\r\n\r\n";
    constexpr std::string_view length = "Content-Length: ";
    while (unread_.find(blank_line) == unread_.npos) {
        if (!fill()) return {};
    }
    RawAnswer answer;
    answer.head = unread_.substr(0, unread_.find(blank_line) + blank_line.size());
    answer.status = std::atoi(answer.head.c_str() + std::string_view("HTTP/1.1 ").size());
    const std::size_t at = answer.head.find(length);
    const std::size_t body =
        at == answer.head.npos
            ? 0
            : static_cast<std::size_t>(std::atol(answer.head.c_str() + at + length.size()));
    unread_.erase(0, answer.head.size());
    while (unread_.size() < body) {
        if (!fill()) return {};
    }
    answer.body = unread_.substr(0, body);
    unread_.erase(0, body);
    return answer;
}

std::string RawClient::read_to_end() {
    while (fill()) {
    }
    return std::exchange(unread_, {});
}

std::string post(std::string_view operation, std::string_view body, std::string_view headers) {
    return concat({"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n",
                   "Content-Type: application/x-amz-json-1.1\r\nX-Amz-Target: Kinesis_20131202.",
                   operation, "\r\nContent-Length: ", std::to_string(body.size()), "\r\n", headers,
                   "\r\n", body});
}

}  // namespace lk::local
