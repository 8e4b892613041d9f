#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <lk/aws_kinesis.hpp>
#include <lk/error.hpp>
#include <lk/expected.hpp>
#include <lk/local_kinesis.hpp>

namespace lk::local {

struct ServerOptions {
    /// A numeric IPv4 or IPv6 address to listen on. Whoever reaches it may read and write all
    /// streams, so anything but loopback is a decision of the caller's.
    std::string address = "127.0.0.1";
    /// 0: any free port.
    std::uint16_t port = 0;
    /// Where records, streams and the certificate are kept, created if need be; empty: in memory.
    std::string directory = {};
    /// Streams to create where they do not exist yet; an existing one keeps its shards.
    std::vector<LocalStream> streams = {};
    /// Refuse writes over 1,000 records/s or 1 MiB/s a shard and reads over 5 requests/s or 2 MiB/s
    /// a shard, as Kinesis does.
    bool enforce_limits = false;
    /// Acknowledge and forget records. Streams are kept all the same.
    bool discard = false;
    /// Speak HTTPS and nothing else, with a certificate of its own.
    bool tls = false;
    /// What goes wrong on purpose: JSON text, or a file's name; see docs/local-stream.md.
    std::string faults = {};
    /// Take only requests that are signed with these; absent: any request, signed or not. A request
    /// is signed for whichever region the client likes.
    std::optional<AwsCredentials> credentials = std::nullopt;
    /// Threads that serve connections, 1 to 64.
    int io_threads = 2;
    /// How long a connection may be silent between requests, take to send one, or take to read an
    /// answer. 10 ms to 1 hour.
    std::chrono::milliseconds idle_timeout = std::chrono::seconds(60);
    /// Takes one line (without a newline) whenever a person should know something. Called from
    /// the server's threads, one call at a time; must not call the server. May be empty.
    std::function<void(std::string_view)> log = {};
};

/// A Kinesis-compatible server inside this process. Thread-safe.
class Server {
  public:
    /// Listens and serves when it returns. The Error names the option, the port in use, or who
    /// holds the directory.
    [[nodiscard]] static Expected<std::unique_ptr<Server>, Error> start(ServerOptions options);

    /// stop().
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Such as "http://127.0.0.1:4567". Where it listens on every address, loopback's.
    [[nodiscard]] std::string endpoint() const;
    [[nodiscard]] std::uint16_t port() const noexcept;

    /// The PEM certificate that signed the server's own; empty without tls.
    [[nodiscard]] std::string ca_certificate() const;

    /// Every record of a stream, shard by shard, in sequence order; `stream_not_found` if it is
    /// not there. With `discard` there are none. Works after stop() too.
    [[nodiscard]] Expected<std::vector<StoredRecord>, Error> records(std::string_view stream) const;

    /// Puts this fault plan in the place of the one before, from the next request on; empty: none.
    /// The Error says why it is refused; then the one before stays.
    [[nodiscard]] std::optional<Error> set_faults(std::string_view text_or_file);

    /// Stops listening, closes every connection without waiting for it and ends the threads.
    /// What was acknowledged is stored. Not from a log call. A second call does nothing.
    void stop();

  private:
    class Parts;
    explicit Server(std::unique_ptr<Parts> parts);

    std::unique_ptr<Parts> parts_;
};

}  // namespace lk::local
