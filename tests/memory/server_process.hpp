#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>

namespace lk::testing {

/// What listens, and for how long: as long as `server` lives.
struct Listening {
    std::string url;
    /// The PEM certificate to trust; empty without TLS.
    std::string ca_certificate = {};
    std::shared_ptr<void> server;
};

/// A server in a child of this process, whose memory is not this one's.
class ServerProcess {
  public:
    /// `start` is called in the child.
    explicit ServerProcess(const std::function<Listening()>& start);
    ~ServerProcess();
    ServerProcess(const ServerProcess&) = delete;
    ServerProcess& operator=(const ServerProcess&) = delete;

    [[nodiscard]] const std::string& url() const noexcept { return url_; }
    [[nodiscard]] const std::string& ca_certificate() const noexcept { return ca_certificate_; }

  private:
    pid_t child_ = -1;
    int end_ = -1;  // closed, it ends the child
    std::string url_;
    std::string ca_certificate_;
};

}  // namespace lk::testing
