#include "pipeline/pending_pool.hpp"

#include <utility>

namespace lk::pipeline {

Pending* PendingPool::take_some() {
    const std::lock_guard lock(mutex_);
    if (free_ == nullptr) free_ = returned_.exchange(nullptr, std::memory_order_acquire);
    if (free_ == nullptr) {
        Pending* const first = slabs_.add();
        grown_(static_cast<std::ptrdiff_t>(in_slab * sizeof(Pending)));
        return first;
    }
    Pending* const first = free_;
    Pending* last = first;
    for (std::size_t i = 1; i < in_slab && last->next != nullptr; ++i) last = last->next;
    free_ = std::exchange(last->next, nullptr);
    return first;
}

void PendingPool::trim() {
    const std::lock_guard lock(mutex_);
    Pending* back = returned_.exchange(nullptr, std::memory_order_acquire);
    while (back != nullptr) {
        Pending* const next = back->next;
        back->next = free_;
        free_ = back;
        back = next;
    }
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
