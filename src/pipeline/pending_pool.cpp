#include "pipeline/pending_pool.hpp"

#include <algorithm>
#include <utility>

namespace lk::pipeline {

Pending* PendingPool::take_some() {
    const std::lock_guard lock(mutex_);
    if (free_ == nullptr) free_ = returned_.exchange(nullptr, std::memory_order_acquire);
    if (free_ == nullptr) {
        const std::size_t count =
            std::clamp(slabs_.size() * in_slab, std::size_t{in_slab}, most_in_slab);
        auto slab = std::make_unique<Pending[]>(count);
        for (std::size_t i = 0; i + 1 < count; ++i) slab[i].next = &slab[i + 1];
        free_ = slab.get();
        slabs_.push_back(std::move(slab));
    }
    Pending* const first = free_;
    Pending* last = first;
    for (std::size_t i = 1; i < in_slab && last->next != nullptr; ++i) last = last->next;
    free_ = std::exchange(last->next, nullptr);
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
