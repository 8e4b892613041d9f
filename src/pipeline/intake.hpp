#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

#include "event/envelope.hpp"
#include "pipeline/budget.hpp"
#include "pipeline/doorbell.hpp"
#include "pipeline/page.hpp"
#include "pipeline/slot.hpp"

namespace lk::pipeline {

/// A record, checked and about to be written.
struct Draft {
    /// What goes into the record: an envelope, or these bytes.
    const event::Envelope* envelope = nullptr;
    std::string_view bytes;
    std::size_t data_bytes = 0;
    std::string_view partition_key;
    std::string_view explicit_hash_key;
    /// The key was not given but drawn: no other record has it, so it needs no order.
    bool random_key = false;
    bool ordered = true;
};

/// Where dispatching threads leave records for the driver. Records are written into pages, a page
/// open in each stripe; a stripe is chosen by the hash of the partition key, so that the records of
/// a key stand behind each other whichever threads wrote them.
class Intake {
  public:
    Intake(Budget& budget, Doorbell& doorbell, std::shared_ptr<Completions> completions);
    ~Intake();
    Intake(const Intake&) = delete;
    Intake& operator=(const Intake&) = delete;

    /// What a record of this size takes from the budget.
    [[nodiscard]] static std::size_t held_bytes(std::size_t cbor_bytes) noexcept {
        return cbor_bytes + sizeof(Pending) + sizeof(detail::Slot);
    }

    /// Writes the record; from any thread. Null after close().
    detail::Slot* write(const Draft& draft);

    /// Every write() that returned before has been seen by a later drain(); every later one gives
    /// nothing.
    void close();

    /// Begins a new generation; returns the one that ended (see Generations).
    std::uint32_t end_generation() noexcept { return generation_.fetch_add(1); }

    /// The driver: calls `taken` with each record that was written since the last time, in the
    /// order of their writing for each stripe. Returns whether there was any.
    template <class Taken>
    bool drain(Taken taken) {
        bool any = false;
        for (Stripe& stripe : stripes_) {
            Page* last = nullptr;
            std::uint32_t count = 0;
            {
                const std::lock_guard lock(stripe.mutex);
                if (stripe.open == nullptr) continue;
                last = stripe.open;
                count = last->count();
                if (stripe.at == nullptr) stripe.at = stripe.first;
            }
            any |= drain(stripe, *last, count, taken);
        }
        return any;
    }

    /// The driver: the record is in no queue and no request any more.
    static void release(Pending* record) noexcept;

  private:
    struct alignas(64) Stripe {
        std::mutex mutex;
        Page* open = nullptr;
        Page* first = nullptr;
        detail::Slot* free_slots = nullptr;
        bool closed = false;
        // The driver's own.
        Page* at = nullptr;
        std::uint32_t taken = 0;
    };

    template <class Taken>
    static bool drain(Stripe& stripe, Page& last, std::uint32_t count, Taken& taken) {
        bool any = false;
        while (true) {
            Page& page = *stripe.at;
            const std::uint32_t end = &page == &last ? count : page.count();
            page.unsettled += end - stripe.taken;
            any |= end != stripe.taken;
            for (; stripe.taken < end; ++stripe.taken) taken(&page[stripe.taken]);
            if (&page == &last) return any;
            stripe.at = page.next;
            stripe.taken = 0;
            page.drained = true;
            if (page.unsettled == 0) page.let_go();
        }
    }

    static Page* open_page(Stripe& stripe, std::shared_ptr<PageStore>& store, std::size_t bytes);

    static constexpr std::size_t stripe_count = 4;  // a power of two
    Budget& budget_;
    Doorbell& doorbell_;
    std::shared_ptr<PageStore> pages_ = std::make_shared<PageStore>();
    detail::SlotPool* const slots_;
    const std::uint64_t hash_seed_;
    std::atomic<std::uint32_t> generation_{0};
    std::array<Stripe, stripe_count> stripes_;
};

}  // namespace lk::pipeline
