#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lk::local {

/// An HTTP answer as the client got it.
struct RawAnswer {
    int status = 0;
    std::string head;
    std::string body;
};

/// For tests: a connection that sends exactly the bytes it is told to. Waits 30 s at most for
/// whatever it waits for.
class RawClient {
  public:
    struct Tls {
        std::string authority;
        /// What it offers in ALPN; empty: no ALPN.
        std::vector<std::string> protocols = {};
    };

    /// To 127.0.0.1.
    explicit RawClient(std::uint16_t port);
    /// Over TLS. Where the handshake fails, connected() says so.
    RawClient(std::uint16_t port, const Tls& tls);
    ~RawClient();
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;

    [[nodiscard]] bool connected() const noexcept { return connected_; }
    /// What ALPN agreed on.
    [[nodiscard]] std::string protocol() const;

    /// False when the server has closed the connection.
    bool send(std::string_view bytes);
    /// No more will be sent.
    void finish();
    /// The next whole answer; status 0 if the connection ends first.
    RawAnswer read_answer();
    /// Everything up to the connection's end.
    std::string read_to_end();

  private:
    struct Session;
    bool fill();

    int socket_ = -1;
    bool connected_ = false;
    std::unique_ptr<Session> session_;
    std::string unread_;
};

/// A POST of an operation in JSON with these further headers (whole lines).
[[nodiscard]] std::string post(std::string_view operation, std::string_view body,
                               std::string_view headers = {});

}  // namespace lk::local
