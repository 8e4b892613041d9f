#include "local/store/read_allowance.hpp"

#include <algorithm>
#include <chrono>

namespace lk::local {

bool ReadAllowance::begin(TimePoint now) {
    const std::lock_guard lock(mutex_);
    if (now > filled_at_) {
        const double seconds = std::chrono::duration<double>(now - filled_at_).count();
        requests_ = std::min(requests_per_second, requests_ + seconds * requests_per_second);
        bytes_ = std::min(bytes_per_second, bytes_ + seconds * bytes_per_second);
        filled_at_ = now;
    }
    if (requests_ < 1 || bytes_ < 0) return false;
    requests_ -= 1;
    return true;
}

void ReadAllowance::pay(std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    bytes_ -= static_cast<double>(bytes);
}

}  // namespace lk::local
