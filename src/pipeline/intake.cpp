#include "pipeline/intake.hpp"

#include <cstring>
#include <functional>

#include "base/random.hpp"
#include "wire/record_layout.hpp"

namespace lk::pipeline {
namespace {

std::uint64_t draw_seed() {
    RandomBytes random;
    std::uint64_t seed = 0;
    random.fill({reinterpret_cast<std::uint8_t*>(&seed), sizeof seed});
    return seed;
}

// Which stripe a thread's random-key records go to: threads spread over all.
std::size_t stripe_of_this_thread() noexcept {
    static std::atomic<std::size_t> threads{0};
    thread_local const std::size_t number = threads.fetch_add(1, std::memory_order_relaxed);
    return number;
}

// Seeded, so that nobody who chooses keys can choose them to share a lane or a bucket.
std::uint64_t lane_of(std::string_view key, std::uint64_t seed) noexcept {
    std::uint64_t mixed = std::hash<std::string_view>{}(key) ^ seed;
    mixed = (mixed ^ (mixed >> 32)) * 0xD6E8FEB86659FD93;
    mixed = (mixed ^ (mixed >> 32)) * 0xD6E8FEB86659FD93;
    mixed ^= mixed >> 32;
    return mixed == 0 ? 1 : mixed;
}

}  // namespace

Intake::Intake(Budget& budget, Doorbell& doorbell, std::shared_ptr<Completions> completions)
    : budget_(budget),
      doorbell_(doorbell),
      slots_(detail::SlotPool::make(std::move(completions))),
      hash_seed_(draw_seed()) {}

Intake::~Intake() {
    for (Stripe& stripe : stripes_) {
        // What the driver has drained it has let go of, or will with the last record.
        Page* page = stripe.at != nullptr ? stripe.at : stripe.first;
        while (page != nullptr) {
            Page* const next = page->next;
            page->let_go();
            page = next;
        }
        slots_->give_back_chain(stripe.free_slots);
    }
    slots_->retire();
}

detail::Slot* Intake::write(const Draft& draft) {
    const std::size_t bytes = wire::RecordLayout::bytes(
        draft.data_bytes, draft.partition_key.size(), draft.explicit_hash_key.size());
    const bool in_lane = draft.ordered && !draft.random_key;
    const std::uint64_t lane = in_lane ? lane_of(draft.partition_key, hash_seed_) : 0;
    Stripe& stripe =
        stripes_[(in_lane ? lane >> 32 : stripe_of_this_thread()) & (stripe_count - 1)];
    bool page_full = false;
    detail::Slot* slot = nullptr;
    {
        const std::lock_guard lock(stripe.mutex);
        if (stripe.closed) return nullptr;
        if (stripe.free_slots == nullptr) stripe.free_slots = slots_->take_some();
        char* out = nullptr;
        Pending* record = stripe.open == nullptr ? nullptr : stripe.open->append(bytes, &out);
        if (record == nullptr) {
            page_full = stripe.open != nullptr;
            record = open_page(stripe, pages_, bytes)->append(bytes, &out);
        }
        slot = stripe.free_slots;
        stripe.free_slots = detail::SlotPool::next_of(slot);
        detail::SlotPool::begin(slot);

        char* const data =
            wire::begin_record(out, draft.data_bytes, !draft.explicit_hash_key.empty());
        if (draft.envelope != nullptr) {
            event::write_envelope(data, *draft.envelope);
        } else if (!draft.bytes.empty()) {
            std::memcpy(data, draft.bytes.data(), draft.bytes.size());
        }
        wire::end_record(data + draft.data_bytes, draft.partition_key, draft.explicit_hash_key);

        record->slot = slot;
        record->lane = lane;
        record->data_bytes = static_cast<std::uint32_t>(draft.data_bytes);
        record->key_bytes = static_cast<std::uint16_t>(draft.partition_key.size());
        record->hash_key_bytes = static_cast<std::uint8_t>(draft.explicit_hash_key.size());
        record->is_envelope = draft.envelope != nullptr;
        record->generation = generation_.load(std::memory_order_relaxed);
        budget_.take(held_bytes(bytes));
    }
    doorbell_.record_written(page_full);
    return slot;
}

Page* Intake::open_page(Stripe& stripe, std::shared_ptr<PageStore>& store, std::size_t bytes) {
    Page* const page = store->open(bytes);
    (stripe.open == nullptr ? stripe.first : stripe.open->next) = page;
    stripe.open = page;
    return page;
}

void Intake::close() {
    for (Stripe& stripe : stripes_) {
        const std::lock_guard lock(stripe.mutex);
        stripe.closed = true;
    }
}

void Intake::release(Pending* record) noexcept {
    Page* const page = record->page;
    if (--page->unsettled == 0 && page->drained) page->let_go();
}

}  // namespace lk::pipeline
