#pragma once

#include <chrono>
#include <memory>
#include <utility>
#include <vector>

#include "http/transfer.hpp"
#include "http/transport.hpp"

namespace lk::http {

/// One transport's easy handles: made as its options say, and kept for its next requests. Used by
/// one thread at a time, the one that drives the loop.
class Handles {
  public:
    explicit Handles(const TransportOptions& options) : options_(options) {}

    /// A kept one, or a new one. Throws std::bad_alloc.
    [[nodiscard]] std::unique_ptr<Transfer> take(OpenSockets& sockets);
    void give_back(std::unique_ptr<Transfer> transfer);

    /// True the first time.
    [[nodiscard]] bool begin() noexcept { return !std::exchange(begun_, true); }
    [[nodiscard]] bool begun() const noexcept { return begun_; }
    /// The transport goes: it begins no request any more.
    void end() noexcept;
    [[nodiscard]] bool ended() const noexcept { return ended_; }

    [[nodiscard]] int max_connections() const noexcept { return options_.max_connections; }
    [[nodiscard]] std::chrono::seconds max_connection_age() const noexcept {
        return options_.max_connection_age;
    }

  private:
    const TransportOptions options_;
    std::vector<std::unique_ptr<Transfer>> idle_;
    bool begun_ = false;
    bool ended_ = false;
};

}  // namespace lk::http
