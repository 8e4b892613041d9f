#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "http/test_certificates.hpp"

namespace lk::http {

/// A request as the server read it.
struct ReceivedRequest {
    std::string first_line;
    /// Names in lower case.
    std::map<std::string, std::string> headers;
    std::string body;
};

/// For tests: one connection that a client opened to a ScriptedServer.
class ScriptedConnection {
  public:
    struct Stream;
    explicit ScriptedConnection(std::unique_ptr<Stream> stream, std::size_t number);
    ~ScriptedConnection();

    /// How many were accepted before this one.
    [[nodiscard]] std::size_t number() const noexcept { return number_; }

    /// The head of the next request; nothing when the client closed, the server is being destroyed
    /// or nothing came for 30 s.
    std::optional<ReceivedRequest> read_head();
    /// The whole next request.
    std::optional<ReceivedRequest> read_request();
    /// Waits until the client sends more, or closes.
    void wait_for_more();

    void send(std::string_view bytes);

    /// Carries bytes both ways between the client and another server on 127.0.0.1, until either
    /// ends, as a proxy does after CONNECT. Not over TLS.
    void relay_to(int port);
    /// An answer with Content-Length. `headers`: whole lines, each with its line end.
    void answer(int status, std::string_view body, std::string_view headers = {});

    /// When the script ends, the client meets a connection reset in place of an orderly end.
    void reset_at_end();
    /// Ends the connection at once, in an orderly way.
    void close();

  private:
    bool fill();

    std::unique_ptr<Stream> stream_;
    std::size_t number_;
    std::string unread_;
};

/// For tests: an HTTP server on 127.0.0.1 that does on each connection exactly what its script
/// says, on a thread of its own. Its destructor ends the scripts by closing their connections.
class ScriptedServer {
  public:
    using Script = std::function<void(ScriptedConnection&)>;

    explicit ScriptedServer(Script script);
    /// Over TLS; of versions up to `newest_tls`, an OpenSSL constant, or of any.
    ScriptedServer(Script script, const TestCertificate& certificate, int newest_tls = 0);
    ~ScriptedServer();
    ScriptedServer(const ScriptedServer&) = delete;
    ScriptedServer& operator=(const ScriptedServer&) = delete;

    [[nodiscard]] int port() const noexcept { return port_; }
    /// "http://127.0.0.1:port/", or https.
    [[nodiscard]] std::string url() const;
    [[nodiscard]] std::size_t connections() const noexcept { return accepted_; }

  private:
    struct Tls;
    void open();
    void accept_all();

    Script script_;
    std::unique_ptr<Tls> tls_;
    int listener_ = -1;
    int port_ = 0;
    std::atomic<std::size_t> accepted_{0};
    std::mutex mutex_;
    bool stopping_ = false;
    std::list<int> open_sockets_;
    std::vector<std::thread> scripts_;
    std::thread acceptor_;
};

}  // namespace lk::http
