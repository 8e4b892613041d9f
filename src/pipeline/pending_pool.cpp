#include "pipeline/pending_pool.hpp"

namespace lk::pipeline {

Pending* PendingPool::take_some() {
    if (Pending* chain = returned_.exchange(nullptr, std::memory_order_acquire)) return chain;
    auto slab = std::make_unique<Pending[]>(in_slab);
    for (std::size_t i = 0; i + 1 < in_slab; ++i) slab[i].next = &slab[i + 1];
    Pending* const first = slab.get();
    const std::lock_guard lock(mutex_);
    slabs_.push_back(std::move(slab));
    return first;
}

void PendingPool::give_back(Pending* first, Pending* last) noexcept {
    Pending* head = returned_.load(std::memory_order_relaxed);
    do {
        last->next = head;
    } while (!returned_.compare_exchange_weak(head, first, std::memory_order_release,
                                              std::memory_order_relaxed));
}

}  // namespace lk::pipeline
