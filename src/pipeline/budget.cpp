#include "pipeline/budget.hpp"

namespace lk::pipeline {

bool Budget::wait_for_room() {
    std::unique_lock lock(mutex_);
    // Said before the look at held_: a giver who does not see it has given before the look.
    waiting_.fetch_add(1, std::memory_order_seq_cst);
    changed_.wait(lock,
                  [this] { return closed_ || held_.load(std::memory_order_seq_cst) < bytes_; });
    waiting_.fetch_sub(1, std::memory_order_relaxed);
    return !closed_;
}

void Budget::give_back(std::size_t bytes) noexcept {
    held_.fetch_sub(bytes, std::memory_order_seq_cst);
    if (waiting_.load(std::memory_order_seq_cst) == 0) return;
    { const std::lock_guard lock(mutex_); }
    changed_.notify_all();
}

void Budget::close() noexcept {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }
    changed_.notify_all();
}

}  // namespace lk::pipeline
