#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <lk/published.hpp>

#include "base/fork.hpp"
#include "base/loop.hpp"
#include "pipeline/slabs.hpp"

namespace lk::pipeline {

class Completions;

/// How a record ended, as its result keeps it: only its own bytes. The Event is made of it when
/// somebody asks, on that thread.
struct Settlement {
    bool published = false;
    bool is_envelope = true;
    bool may_be_duplicate = false;
    bool on_other_shard = false;
    int attempts = 0;
    // data · partition key · shard · sequence number, one behind another
    std::string text;
    std::uint32_t data_bytes = 0;
    std::uint32_t key_bytes = 0;
    std::uint32_t shard_bytes = 0;
    Error error;

    [[nodiscard]] Outcome outcome() const;
};

}  // namespace lk::pipeline

namespace lk::detail {

class SlotPool;

/// Where the two ends of a result meet: the Published (or what took its place) on one side, the
/// driver on the other. Whoever comes second gives it back to its pool.
///
/// In a forked child the driver's end of an inherited one is gone: what is settled can still be
/// had, the rest never comes.
class Slot {
  public:
    using Continuation = std::function<void(Outcome)>;
    using StoredContinuation = std::function<void(std::optional<Error>)>;

    /// The driver's end: true when somebody may still want the settlement.
    [[nodiscard]] bool wanted() const noexcept;
    /// The driver's end: the record is in the outbox. At most once, and before it is settled.
    void stored();
    /// The driver's end; one of these is called, once. settle_unwanted() where it is not wanted();
    /// the slot is then free after the pool's give_back_unwanted().
    void settle(std::unique_ptr<pipeline::Settlement> settlement);
    void settle_unwanted() noexcept;

    // The Published's end; each of take(), drop() and on_settled() is its last call.
    [[nodiscard]] bool is_settled() const noexcept;
    [[nodiscard]] bool inherited() const noexcept;
    // These return also when it was inherited meanwhile: this thread may drive the loop, and a
    // client or log hook fork there.
    void wait_until_settled();
    void wait_until_stored();
    /// False: its dispatch function has no outbox.
    [[nodiscard]] bool may_be_stored() const noexcept;
    /// Stored, or settled: nothing is to be waited for.
    [[nodiscard]] bool is_stored() const noexcept;
    /// Once is_stored(): nothing, or why it was not.
    [[nodiscard]] std::optional<Error> store_failure() const;
    /// Somebody is called back already.
    [[nodiscard]] bool has_on_stored() const noexcept;
    /// At most once; not one of the last calls.
    void on_stored(StoredContinuation continuation);
    [[nodiscard]] Outcome take();
    void drop() noexcept;
    void on_settled(Continuation continuation);
    /// For an inherited one, in place of take() and on_settled(): a slot of this process, settled
    /// with what there is.
    [[nodiscard]] Slot* move_to_this_process();

    /// Runs the continuation; on the completion thread.
    void complete();
    /// Runs a task where continuations run, in its turn.
    static void run(const std::shared_ptr<pipeline::Completions>& completions,
                    std::function<void()> task);

    /// A result that failed before it reached a pipeline. In a forked child, `completions` may be
    /// inherited.
    static Published failed(Error error, const std::shared_ptr<pipeline::Completions>& completions);
    static Published of(Slot* slot) noexcept { return Published(slot); }

  private:
    friend class SlotPool;

    static Slot* alone(std::unique_ptr<pipeline::Settlement> settlement,
                       const std::shared_ptr<pipeline::Completions>& completions);

    static constexpr std::uint32_t settled_bit = 1;
    static constexpr std::uint32_t dropped_bit = 2;
    static constexpr std::uint32_t waiting_bit = 4;
    static constexpr std::uint32_t continued_bit = 8;
    static constexpr std::uint32_t stored_bit = 16;
    static constexpr std::uint32_t stored_continued_bit = 32;

    // The stored one is touched by whoever told it last: the Published until it has set
    // stored_continued_bit, then the driver until it has set stored_bit or settled_bit.
    struct Continuations {
        StoredContinuation stored;
        Continuation settled;
    };
    [[nodiscard]] Continuations& continuations();
    void wait_for(std::uint32_t bits);
    void tell_stored(StoredContinuation continuation, std::optional<Error> failure) const;

    std::atomic<std::uint32_t> state_{0};
    SlotPool* pool_ = nullptr;
    union {
        pipeline::Settlement* settlement_ = nullptr;
        Slot* next_free_;
    };
    Continuations* continuations_ = nullptr;
};

/// Slots, recycled. Lives until it was retired and the last slot came back, so that results may
/// outlive their dispatch function.
class SlotPool {
  public:
    /// A result that is kept keeps its slab, of 2 KiB.
    static constexpr std::size_t usual_slab = 64;
    /// `loop`: on which its slots are settled. `stores`: the records have an outbox.
    static SlotPool* make(std::shared_ptr<pipeline::Completions> completions,
                          std::weak_ptr<Loop> loop, bool stores = false,
                          std::size_t slots_in_slab = usual_slab);

    /// A chain of free slots, 1 to a slab, linked by next_of(). From any thread. No more, so that
    /// who takes some leaves the rest to others.
    [[nodiscard]] Slot* take_some();
    [[nodiscard]] static Slot* next_of(Slot* slot) noexcept { return slot->next_free_; }
    /// Makes a free slot ready for use.
    static void begin(Slot* slot) noexcept;
    void give_back(Slot* slot) noexcept;
    /// The driver's way, many at once: first each, then all that were gathered.
    void gather_unwanted(Slot* slot) noexcept;
    void give_back_unwanted() noexcept;
    /// Gives back a chain that take_some() gave, what is left of it.
    void give_back_chain(Slot* first) noexcept;

    /// Gives memory that no slot needs back to the system; the driver, as only who settles may.
    void trim();

    /// No more take_some(). The pool deletes itself when the last slot is back.
    void retire() noexcept;

    [[nodiscard]] const std::shared_ptr<pipeline::Completions>& completions() const noexcept {
        return completions_;
    }
    /// Null where it has ended.
    [[nodiscard]] std::shared_ptr<Loop> loop() const noexcept { return loop_.lock(); }
    [[nodiscard]] bool inherited() const noexcept { return origin_.inherited(); }
    [[nodiscard]] bool stores() const noexcept { return stores_; }

  private:
    SlotPool(std::shared_ptr<pipeline::Completions> completions, std::weak_ptr<Loop> loop,
             bool stores, std::size_t slots_in_slab) noexcept
        : stores_(stores),
          completions_(std::move(completions)),
          loop_(std::move(loop)),
          slabs_(slots_in_slab) {}
    ~SlotPool();
    static Slot* retired_mark() noexcept;

    const Origin origin_;
    const bool stores_;
    std::shared_ptr<pipeline::Completions> completions_;
    // Results may outlive their dispatch function; the loop need not.
    const std::weak_ptr<Loop> loop_;
    // A stack that is only pushed to one by one and emptied as a whole, so there is no ABA.
    std::atomic<Slot*> returned_{nullptr};
    std::mutex mutex_;
    Slot* free_ = nullptr;  // taken from there, for whoever comes next
    pipeline::Slabs<Slot, &Slot::next_free_> slabs_;
    // The driver's own.
    Slot* unwanted_ = nullptr;
    Slot* unwanted_last_ = nullptr;
    // Once retired: the slots still out. Before that, minus those that came back too late.
    std::atomic<std::int64_t> left_{0};
};

}  // namespace lk::detail
