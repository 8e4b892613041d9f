#include "pipeline/pending_pool.hpp"

namespace lk::pipeline {

Pending* PendingPool::take_some() {
    const std::lock_guard lock(mutex_);
    if (free_ == nullptr) free_ = returned_.exchange(nullptr, std::memory_order_acquire);
    if (free_ == nullptr) {
        const std::size_t before = slabs_.objects();
        slabs_.add(free_);
        grown_(static_cast<std::ptrdiff_t>((slabs_.objects() - before) * sizeof(Pending)));
    }
    return FreePendings::take(free_);
}

void PendingPool::trim() {
    const std::lock_guard lock(mutex_);
    FreePendings::join(free_, returned_.exchange(nullptr, std::memory_order_acquire));
    const std::size_t before = slabs_.objects();
    slabs_.free_unused(free_);
    grown_(-static_cast<std::ptrdiff_t>((before - slabs_.objects()) * sizeof(Pending)));
}

void PendingPool::give_back(FreePendings& chains) noexcept {
    if (chains.empty()) return;
    Pending* head = returned_.load(std::memory_order_relaxed);
    do {
        chains.last_chain()->lane_next = head;
    } while (!returned_.compare_exchange_weak(head, chains.first_chain(), std::memory_order_release,
                                              std::memory_order_relaxed));
    chains.clear();
}

}  // namespace lk::pipeline
