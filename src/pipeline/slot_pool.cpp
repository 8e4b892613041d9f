#include "pipeline/slot_pool.hpp"

#include <utility>

namespace lk::detail {

SlotPool* SlotPool::make(std::shared_ptr<pipeline::Completions> completions,
                         std::weak_ptr<Loop> loop, bool stores, std::size_t slots_in_slab) {
    return new SlotPool(std::move(completions), std::move(loop), stores, slots_in_slab);
}

SlotPool::~SlotPool() {
    if (inherited()) keep_for_good(std::move(completions_));
}

Slot* SlotPool::retired_mark() noexcept {
    static Slot mark;
    return &mark;
}

Slot* SlotPool::take_some() {
    const std::lock_guard lock(mutex_);
    if (free_ == nullptr) free_ = returned_.exchange(nullptr, std::memory_order_acquire);
    if (free_ == nullptr) {
        slabs_.add(free_);
        FreeSlots::for_each(free_, [this](Slot* one) { one->pool_ = this; });
    }
    return FreeSlots::take(free_);
}

void SlotPool::trim() {
    const std::lock_guard lock(mutex_);
    FreeSlots::join(free_, returned_.exchange(nullptr, std::memory_order_acquire));
    slabs_.free_unused(free_);
}

void SlotPool::begin(Slot* slot, bool wants_event) noexcept {
    slot->state_.store(wants_event ? 0 : Slot::no_event_bit, std::memory_order_relaxed);
    slot->settlement_ = nullptr;
    slot->continuations_ = nullptr;
}

void SlotPool::give_back(Slot* slot) noexcept {
    delete std::exchange(slot->settlement_, nullptr);
    delete std::exchange(slot->continuations_, nullptr);
    slot->next_free_ = nullptr;
    give_back_chain(slot);
}

// Its other end has let go of it, so nobody else looks at it any more.
void SlotPool::gather_unwanted(Slot* slot) noexcept {
    unwanted_.add(slot);
}

void SlotPool::give_back_unwanted() noexcept {
    if (unwanted_.empty()) return;
    Slot* const first = unwanted_.first_chain();
    Slot* const last_chain = unwanted_.last_chain();
    // First: after the last slot this pool may be gone.
    unwanted_.clear();
    give_back_chains(first, last_chain);
}

void SlotPool::give_back_chain(Slot* first) noexcept {
    if (first != nullptr) give_back_chains(first, first);
}

void SlotPool::give_back_chains(Slot* first, Slot* last_chain) noexcept {
    Slot* head = returned_.load(std::memory_order_relaxed);
    do {
        if (head == retired_mark()) {
            last_chain->next_chain_ = nullptr;
            std::int64_t back = 0;
            FreeSlots::for_each(first, [&](Slot*) { ++back; });
            if (left_.fetch_sub(back, std::memory_order_acq_rel) == back) delete this;
            return;
        }
        last_chain->next_chain_ = head;
    } while (!returned_.compare_exchange_weak(head, first, std::memory_order_acq_rel));
}

// What results that are still out do not need goes now.
void SlotPool::retire() noexcept {
    std::int64_t out = 0;
    {
        const std::lock_guard lock(mutex_);
        FreeSlots::join(free_, returned_.exchange(retired_mark(), std::memory_order_acq_rel));
        out = static_cast<std::int64_t>(slabs_.objects());
        FreeSlots::for_each(free_, [&](Slot*) { --out; });
        // Where nothing is out all slabs go with this pool.
        if (out != 0) slabs_.free_unused(free_);
        free_ = nullptr;
    }
    if (left_.fetch_add(out, std::memory_order_acq_rel) + out == 0) delete this;
}

}  // namespace lk::detail
