#include "pipeline/intake.hpp"

#include <cstring>
#include <memory>
#include <unordered_map>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/random.hpp"
#include "wire/record_layout.hpp"

namespace lk::pipeline {
namespace {

// Which stripe a thread's random-key records go to: threads spread over all.
std::size_t stripe_of_this_thread() noexcept {
    static std::atomic<std::size_t> threads{0};
    thread_local const std::size_t number = threads.fetch_add(1, std::memory_order_relaxed);
    return number;
}

}  // namespace

Intake::Intake(std::shared_ptr<Budget> budget, Doorbell& doorbell,
               std::shared_ptr<Completions> completions, IntakeOptions options)
    : options_(options),
      budget_(std::move(budget)),
      doorbell_(doorbell),
      pages_(std::make_shared<PageStore>(budget_)),
      pendings_([budget = budget_.get()](std::ptrdiff_t bytes) { budget->slabs_grown(bytes); }),
      slots_(detail::SlotPool::make(std::move(completions), doorbell.loop(), options.has_outbox)),
      hash_seed_(options.hash_seed ? *options.hash_seed : RandomBytes().number()) {}

Intake::~Intake() {
    drain([this](Pending* record) { release(record); });
    for (Stripe& stripe : stripes_) {
        if (stripe.open != nullptr) close(stripe.open);
        slots_->give_back_chain(stripe.free_slots);
    }
    if (drivers_ != nullptr) close(drivers_);
}

std::uint64_t Intake::lane_of(std::string_view partition_key) const noexcept {
    const std::uint64_t hash =
        XXH3_64bits_withSeed(partition_key.data(), partition_key.size(), hash_seed_);
    return hash == 0 ? 1 : hash;
}

detail::Slot* Intake::write(const Draft& draft) {
    const std::size_t cbor_bytes = wire::RecordLayout::bytes(
        draft.data_bytes, draft.partition_key.size(), draft.explicit_hash_key.size());
    const std::uint64_t lane = draft.lane;
    Stripe& stripe =
        stripes_[(lane != 0 ? lane >> 32 : stripe_of_this_thread()) & (stripe_count - 1)];
    bool page_full = false;
    detail::Slot* slot = nullptr;
    {
        const std::lock_guard lock(stripe.mutex);
        if (stripe.closed) return nullptr;
        if (stripe.free_slots == nullptr) stripe.free_slots = slots_->take_some();
        if (stripe.free_pendings == nullptr) stripe.free_pendings = pendings_.take_some();
        char* out = stripe.open == nullptr ? nullptr : stripe.open->append(cbor_bytes);
        if (out == nullptr) {
            page_full = stripe.open != nullptr;
            out = open_page(stripe, cbor_bytes);
        }
        // Before the record is written: an atomic operation waits until all that was written is in
        // memory.
        budget_->take_event(lane, cbor_bytes);
        slot = stripe.free_slots;
        stripe.free_slots = detail::SlotPool::next_of(slot);
        detail::SlotPool::begin(slot, draft.keep_event);

        char* const data =
            wire::begin_record(out, draft.data_bytes, !draft.explicit_hash_key.empty());
        if (draft.envelope != nullptr) {
            event::write_envelope(data, *draft.envelope);
        } else if (!draft.bytes.empty()) {
            std::memcpy(data, draft.bytes.data(), draft.bytes.size());
        }
        wire::end_record(data + draft.data_bytes, draft.partition_key, draft.explicit_hash_key);

        Pending* const record = take_pending(stripe);
        record->page = stripe.open;
        record->bytes = out;
        record->cbor_bytes = static_cast<std::uint32_t>(cbor_bytes);
        record->slot = slot;
        record->lane = lane;
        record->key_bytes = static_cast<std::uint16_t>(draft.partition_key.size());
        record->set_hash_key_bytes(draft.explicit_hash_key.size());
        record->is_envelope = draft.envelope != nullptr;
        record->suspended = draft.suspended;
        record->generation = generation_.load(std::memory_order_relaxed);
        // A page that is made for a large record is full with it. Left open it would keep its room
        // when the record is gone, and with a small budget all room there is.
        if (stripe.open->is_full()) {
            fill(stripe);
            page_full = true;
        }
    }
    doorbell_.record_written(page_full, [this] { return budget_->is_half_full(); });
    return slot;
}

// A free one, made new and at the end of what the driver will take.
Pending* Intake::take_pending(Stripe& stripe) {
    Pending* const record = stripe.free_pendings;
    stripe.free_pendings = record->next;
    // Made in its place: put together elsewhere and copied, it would be read before it is in
    // memory.
    std::construct_at(record);
    (stripe.first == nullptr ? stripe.first : stripe.last->next) = record;
    stripe.last = record;
    return record;
}

char* Intake::open_page(Stripe& stripe, std::size_t bytes) {
    // Where one was filled the next will be.
    Page* const page =
        pages_->open(bytes, stripe.open == nullptr ? PageStore::Use::some : PageStore::Use::all);
    if (stripe.open != nullptr) fill(stripe);
    stripe.open = page;
    return page->append(bytes);
}

// Nothing more goes into the open page: the driver gives it back with its last record.
void Intake::fill(Stripe& stripe) noexcept {
    Page* const filled = std::exchange(stripe.open, nullptr);
    filled->next = stripe.filled;
    stripe.filled = filled;
}

void Intake::close() {
    for (Stripe& stripe : stripes_) {
        const std::lock_guard lock(stripe.mutex);
        stripe.closed = true;
    }
}

void Intake::release(Pending* record) noexcept {
    Page* const page = record->page;
    const std::size_t bytes = record->cbor_bytes;
    page->live_bytes -= bytes;
    live_bytes_ -= bytes;
    if (--page->live_records == 0 && page->filled) page->let_go();
    released_.add(record);
}

void Intake::give_back_released() noexcept {
    slots_->give_back_unwanted();
    pendings_.give_back(released_);
}

void Intake::trim() {
    pages_->trim();
    trim_slabs();
}

void Intake::trim_slabs() {
    pendings_.trim();
    slots_->trim();
}

void Intake::compact(Pending* oldest) {
    // A request that is under way looks at the bytes where they are. A page that stays for it is
    // not worth it: there would be more pages then, not fewer.
    std::unordered_map<const Page*, std::uint32_t> movable;
    for (const Pending* record = oldest; record != nullptr; record = record->newer) {
        if (record->page->is_sparse() && !record->in_flight) ++movable[record->page];
    }
    std::erase_if(movable, [](const auto& one) { return one.second != one.first->live_records; });
    for (Pending* record = oldest; record != nullptr; record = record->newer) {
        if (movable.contains(record->page)) move(record);
    }
}

char* Intake::append_for_driver(std::size_t bytes) {
    char* to = drivers_ == nullptr ? nullptr : drivers_->append(bytes);
    if (to == nullptr) {
        if (drivers_ != nullptr) close(drivers_);
        drivers_ = pages_->open(bytes, PageStore::Use::some);
        to = drivers_->append(bytes);
    }
    return to;
}

void Intake::move(Pending* record) {
    const std::size_t bytes = record->cbor_bytes;
    char* const to = append_for_driver(bytes);
    std::memcpy(to, record->bytes, bytes);
    Page* const from = std::exchange(record->page, drivers_);
    record->bytes = to;
    ++drivers_->live_records;
    drivers_->live_bytes += bytes;
    from->live_bytes -= bytes;
    if (--from->live_records == 0) from->let_go();
}

Pending* Intake::restore(std::string_view cbor, std::uint64_t lane) {
    if (drivers_free_ == nullptr) drivers_free_ = pendings_.take_some();
    char* const to = append_for_driver(cbor.size());
    std::memcpy(to, cbor.data(), cbor.size());
    Pending* const record = drivers_free_;
    drivers_free_ = record->next;
    std::construct_at(record);
    record->page = drivers_;
    record->bytes = to;
    record->cbor_bytes = static_cast<std::uint32_t>(cbor.size());
    record->lane = lane;
    count(record);
    budget_->take_event(lane, cbor.size());
    return record;
}

}  // namespace lk::pipeline
