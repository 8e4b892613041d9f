#include "http/handles.hpp"

#include <utility>

namespace lk::http {

std::unique_ptr<Transfer> Handles::take(OpenSockets& sockets) {
    if (idle_.empty()) return std::make_unique<Transfer>(options_, sockets);
    std::unique_ptr<Transfer> transfer = std::move(idle_.back());
    idle_.pop_back();
    return transfer;
}

void Handles::give_back(std::unique_ptr<Transfer> transfer) {
    if (ended_ || idle_.size() >= static_cast<std::size_t>(options_.max_connections)) return;
    idle_.push_back(std::move(transfer));
}

void Handles::end() noexcept {
    ended_ = true;
    idle_.clear();
}

}  // namespace lk::http
