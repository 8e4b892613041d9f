#include "credentials/stop.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

namespace lk::credentials {

Stop::Stop() : descriptor_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

Stop::~Stop() {
    close(descriptor_);
}

void Stop::request() noexcept {
    const std::uint64_t one = 1;
    // It can only fail when it is readable already.
    [[maybe_unused]] const auto written = write(descriptor_, &one, sizeof one);
}

bool Stop::requested() const noexcept {
    return !sleep(std::chrono::milliseconds(0));
}

bool Stop::sleep(std::chrono::milliseconds time) const noexcept {
    pollfd waited{.fd = descriptor_, .events = POLLIN, .revents = 0};
    return poll(&waited, 1, static_cast<int>(time.count())) <= 0;
}

}  // namespace lk::credentials
