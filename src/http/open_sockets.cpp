#include "http/open_sockets.hpp"

#include <curl/curl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

namespace lk::http {
namespace {

// 0 where it has none yet.
int local_port_of(int socket) noexcept {
    sockaddr_storage address{};
    socklen_t bytes = sizeof address;
    if (getsockname(socket, reinterpret_cast<sockaddr*>(&address), &bytes) != 0) return 0;
    if (address.ss_family == AF_INET) {
        return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
    }
    if (address.ss_family == AF_INET6) {
        return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
    }
    return 0;
}

}  // namespace

int OpenSockets::opened(void* self, int socket, int) noexcept {
    try {
        static_cast<OpenSockets*>(self)->open_.push_back({socket, 0});
    } catch (...) {  // it only goes without hints
    }
    return CURL_SOCKOPT_OK;
}

int OpenSockets::close(void* self, int socket) noexcept {
    std::erase_if(static_cast<OpenSockets*>(self)->open_,
                  [&](const Open& one) { return one.socket == socket; });
    return ::close(socket);
}

int OpenSockets::with_local_port(int port) noexcept {
    for (Open& one : open_) {
        if (one.local_port == 0) one.local_port = local_port_of(one.socket);
        if (one.local_port == port) return one.socket;
    }
    return -1;
}

bool OpenSockets::has(int socket) const noexcept {
    return std::any_of(open_.begin(), open_.end(),
                       [&](const Open& one) { return one.socket == socket; });
}

}  // namespace lk::http
