#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "event/envelope.hpp"
#include "pipeline/budget.hpp"
#include "pipeline/doorbell.hpp"
#include "pipeline/page.hpp"
#include "pipeline/pending_pool.hpp"
#include "pipeline/slot_pool.hpp"

namespace lk::pipeline {

/// A record, checked and about to be written.
struct Draft {
    /// What goes into the record: an envelope, or these bytes.
    const event::Envelope* envelope = nullptr;
    std::string_view bytes;
    std::size_t data_bytes = 0;
    std::string_view partition_key;
    std::string_view explicit_hash_key;
    /// As Intake::lane_of() says; 0 where no order is wanted.
    std::uint64_t lane = 0;
    /// The budget is full, and the caller could not wait.
    bool suspended = false;
    /// Its result, once it is published, is to have the event.
    bool keep_event = true;
};

struct IntakeOptions {
    /// Records are kept in an outbox: results have a second stage.
    bool has_outbox = false;
    /// The lanes' (see Intake::lane_of); absent: a random one.
    std::optional<std::uint64_t> hash_seed = {};
};

/// Where dispatching threads leave records for the driver. Records are written into pages, a page
/// open in each stripe; a stripe is chosen by the hash of the partition key, so that the records of
/// a key stand behind each other whichever threads wrote them.
class Intake {
  public:
    static constexpr std::size_t stripe_count = 4;  // a power of two

    Intake(std::shared_ptr<Budget> budget, Doorbell& doorbell,
           std::shared_ptr<Completions> completions, IntakeOptions options = {});
    ~Intake();
    Intake(const Intake&) = delete;
    Intake& operator=(const Intake&) = delete;

    /// Hash of a partition key, never 0; seeded, so that nobody who chooses keys can choose them to
    /// share a lane. The same for the same seed in every version, as outboxes hold it.
    [[nodiscard]] std::uint64_t lane_of(std::string_view partition_key) const noexcept;

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
            Pending* record = nullptr;
            Page* filled = nullptr;
            {
                const std::lock_guard lock(stripe.mutex);
                record = std::exchange(stripe.first, nullptr);
                filled = std::exchange(stripe.filled, nullptr);
            }
            any |= record != nullptr;
            while (record != nullptr) {
                Pending* const next = record->next;
                count(record);
                taken(record);
                record = next;
            }
            while (filled != nullptr) {
                Page* const next = filled->next;
                close(filled);
                filled = next;
            }
        }
        return any;
    }

    /// The driver: a record that was written before and comes back from an outbox, without a slot.
    Pending* restore(std::string_view cbor, std::uint64_t lane);

    /// The driver: the record is in no queue and no request any more. Its Pending, and its slot
    /// where nobody wants that, is free again after give_back_released().
    void release(Pending* record) noexcept;
    void give_back_released() noexcept;

    /// The driver: moves records that keep nearly empty pages allocated into full ones. `oldest`:
    /// all records, linked through Pending::newer.
    void compact(Pending* oldest);
    /// Gives memory back that only pays under load.
    void trim();
    /// The part of it that is kept for events besides their bytes.
    void trim_slabs();
    /// What pages hold that no record needs.
    [[nodiscard]] std::size_t wasted_bytes() const noexcept {
        const std::size_t pages = budget_->pages();
        return pages > live_bytes_ ? pages - live_bytes_ : 0;
    }

  private:
    struct alignas(64) Stripe {
        std::mutex mutex;
        Page* open = nullptr;
        Page* filled = nullptr;    // since the last drain
        Pending* first = nullptr;  // since the last drain
        Pending* last = nullptr;
        detail::Slot* free_slots = nullptr;
        Pending* free_pendings = nullptr;
        bool closed = false;
    };

    void count(Pending* record) noexcept {
        ++record->page->live_records;
        record->page->live_bytes += record->cbor_bytes;
        live_bytes_ += record->cbor_bytes;
    }
    static void close(Page* page) noexcept {
        page->filled = true;
        if (page->live_records == 0) page->let_go();
    }
    char* open_page(Stripe& stripe, std::size_t bytes);
    static void fill(Stripe& stripe) noexcept;
    Pending* take_pending(Stripe& stripe);
    void move(Pending* record);
    char* append_for_driver(std::size_t bytes);

    const IntakeOptions options_;
    const std::shared_ptr<Budget> budget_;
    Doorbell& doorbell_;
    std::shared_ptr<PageStore> pages_;
    PendingPool pendings_;
    // Ends by itself when the last result is back.
    struct Retire {
        void operator()(detail::SlotPool* pool) const noexcept { pool->retire(); }
    };
    const std::unique_ptr<detail::SlotPool, Retire> slots_;
    const std::uint64_t hash_seed_;
    std::atomic<std::uint32_t> generation_{0};
    std::array<Stripe, stripe_count> stripes_;
    // The driver's own.
    FreePendings released_;
    std::size_t live_bytes_ = 0;
    Page* drivers_ = nullptr;  // what was moved or restored
    Pending* drivers_free_ = nullptr;
};

}  // namespace lk::pipeline
