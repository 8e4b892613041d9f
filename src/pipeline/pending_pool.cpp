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
    return slabs_.take_some(free_);
}

void PendingPool::trim() {
    const std::lock_guard lock(mutex_);
    slabs_.add_all(free_, returned_.exchange(nullptr, std::memory_order_acquire));
    const std::size_t before = slabs_.objects();
    slabs_.free_unused(free_);
    grown_(-static_cast<std::ptrdiff_t>((before - slabs_.objects()) * sizeof(Pending)));
}

void PendingPool::give_back(Pending* first, Pending* last) noexcept {
    Pending* head = returned_.load(std::memory_order_relaxed);
    do {
        last->next = head;
    } while (!returned_.compare_exchange_weak(head, first, std::memory_order_release,
                                              std::memory_order_relaxed));
}

}  // namespace lk::pipeline
