#pragma once

#include <vector>

namespace lk::http {

/// The sockets that libcurl has open for one multi handle. libcurl 7.88 does not tell over which of
/// them a transfer goes before it is over, only that connection's port. Used by one thread at a
/// time.
class OpenSockets {
  public:
    // libcurl's callbacks, CURLOPT_SOCKOPTFUNCTION and CURLOPT_CLOSESOCKETFUNCTION.
    static int opened(void* self, int socket, int purpose) noexcept;
    static int close(void* self, int socket) noexcept;

    /// One whose local port this is, or -1. Connections to different hosts may share a port, so it
    /// may be another's: good for hints to the kernel alone.
    [[nodiscard]] int with_local_port(int port) noexcept;

    [[nodiscard]] bool has(int socket) const noexcept;

  private:
    struct Open {
        int socket;
        int local_port;  // 0 until it is asked for
    };
    std::vector<Open> open_;
};

}  // namespace lk::http
