#include "local/store/write_allowance.hpp"

#include <algorithm>
#include <chrono>

namespace lk::local {

void WriteAllowance::refill(TimePoint now) {
    if (now <= filled_at_) return;
    const double seconds = std::chrono::duration<double>(now - filled_at_).count();
    records_ = std::min(records_per_second, records_ + seconds * records_per_second);
    bytes_ = std::min(bytes_per_second, bytes_ + seconds * bytes_per_second);
    filled_at_ = now;
}

bool WriteAllowance::take(TimePoint now, std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    refill(now);
    const double cost = static_cast<double>(bytes);
    if (records_ < 1 || bytes_ < std::min(cost, bytes_per_second)) return false;
    records_ -= 1;
    bytes_ -= cost;
    return true;
}

}  // namespace lk::local
