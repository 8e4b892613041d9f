#pragma once

#include <memory>

#include "local/http/certificate.hpp"
#include "local/log.hpp"

struct ssl_ctx_st;

namespace lk::local {

struct FreeTlsContext {
    void operator()(ssl_ctx_st* context) const noexcept;
};
using TlsContext = std::unique_ptr<ssl_ctx_st, FreeTlsContext>;

/// What a server needs to speak TLS 1.2 and 1.3 with that certificate. Of ALPN it accepts HTTP/1.1
/// alone; a client that offers only others is refused, with a line in the log. `log` must outlive
/// it.
[[nodiscard]] Expected<TlsContext, Error> make_tls_context(const Certificate& certificate,
                                                           Log& log);

}  // namespace lk::local
