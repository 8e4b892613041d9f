#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <lk/error.hpp>
#include <lk/expected.hpp>

#include "local/http/certificate.hpp"
#include "local/log.hpp"
#include "local/service.hpp"
#include "local/signature/signature_check.hpp"

namespace lk::local {

struct ListenerOptions {
    std::string address;
    std::uint16_t port = 0;
    int io_threads = 2;
    std::chrono::milliseconds idle_timeout{};
    /// Absent: plain HTTP.
    std::optional<Certificate> certificate = {};
    /// Null: a request need not be signed. Outlives the listener.
    const SignatureCheck* signatures = nullptr;
};

/// An HTTP/1.1 server on threads of its own that hands requests to a Service, which runs on them.
/// Requests with bodies over 20 MiB or headers over 16 KiB are refused before they are read.
class Listener {
  public:
    /// Listens when it returns. `service` and `log` must outlive it.
    [[nodiscard]] static Expected<std::unique_ptr<Listener>, Error> start(
        const ListenerOptions& options, const Service& service, Log& log);

    /// Closes every connection without waiting for it. Not on one of its own threads.
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept;
    /// The address it listens on, or loopback's where that is every address; an IPv6 one in
    /// brackets.
    [[nodiscard]] std::string host() const;

  private:
    class Parts;
    explicit Listener(std::unique_ptr<Parts> parts);

    std::unique_ptr<Parts> parts_;
};

}  // namespace lk::local
