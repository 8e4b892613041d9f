#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "http/transport.hpp"

namespace lk::http {

/// Of whom a server says that it is.
struct Certificate {
    /// As OpenSSL writes names: "CN = kinesis.eu-west-1.amazonaws.com".
    std::string subject;
    std::string issuer;
    /// The last moment it is good for, as OpenSSL writes it: "Jan  1 00:00:00 2027 GMT".
    std::string ends;
};

/// The way to a server, step by step.
struct Probe {
    enum class Stage { lookup, connection, tls, answer, through };

    /// The step that failed; `through` when none did.
    Stage failed_at = Stage::through;
    /// Why, with the mend; empty when it went through.
    std::string failure;
    /// Who was connected to: the server's address, or the proxy's. Empty before there was one.
    std::string address;
    bool through_proxy = false;
    /// How long each took; zero where that is not known.
    std::chrono::microseconds lookup{};
    std::chrono::microseconds connection{};
    std::chrono::microseconds tls{};
    /// Such as "TLSv1.3"; empty without TLS.
    std::string tls_version;
    /// The server's own.
    std::optional<Certificate> certificate;
    int status = 0;
    /// The answer's Date header; empty without one.
    std::string date;
    /// By this machine's clock, when that came.
    std::chrono::system_clock::time_point answered_at;
};

/// Goes that way once, over a connection of its own that is made as a Transport of these options
/// makes them, with a GET that nobody signed. Waits for it, for the connection's time and `timeout`
/// for the answer.
[[nodiscard]] Probe probe(const std::string& url, const TransportOptions& options,
                          std::chrono::milliseconds timeout);

}  // namespace lk::http
