#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include <lk/published.hpp>

#include "pipeline/settlement.hpp"

namespace lk::pipeline {
class Completions;
}

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
    /// The driver's end: whether the settlement of a published record is to tell more than that.
    [[nodiscard]] bool wants_event() const noexcept {
        return (state_.load(std::memory_order_relaxed) & no_event_bit) == 0;
    }
    /// The driver's end: the record is in the outbox. At most once, and before it is settled.
    void stored();
    /// The driver's end; one of these is called, once. Null stands for published, where no more is
    /// wanted. settle_unwanted() where it is not wanted(); the slot is then free after the pool's
    /// give_back_unwanted().
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
    /// After this on_settled() allocates nothing of its own. Not one of the last calls.
    void make_room_for_continuation() { static_cast<void>(continuations()); }
    /// For an inherited one, in place of take() and on_settled(): a slot of this process, settled
    /// with what there is.
    [[nodiscard]] Slot* move_to_this_process();

    /// Runs the continuation; where Completions runs them.
    void complete();
    /// Which is to complete() after this one; for Completions, between on_settled() and complete().
    [[nodiscard]] Slot*& next_to_complete() noexcept { return continuations_->next; }
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
    static constexpr std::uint32_t no_event_bit = 64;

    // The stored one is touched by whoever told it last: the Published until it has set
    // stored_continued_bit, then the driver until it has set stored_bit or settled_bit.
    struct Continuations {
        StoredContinuation stored;
        Continuation settled;
        Slot* next = nullptr;
    };
    [[nodiscard]] Continuations& continuations();
    [[nodiscard]] Outcome outcome() const;
    [[nodiscard]] Outcome outcome_or_why_not() const;
    void wait_for(std::uint32_t bits);
    void tell_stored(StoredContinuation continuation, std::optional<Error> failure) const;

    std::atomic<std::uint32_t> state_{0};
    SlotPool* pool_ = nullptr;
    union {
        pipeline::Settlement* settlement_ = nullptr;
        Slot* next_free_;  // see FreeChains
    };
    union {
        Continuations* continuations_ = nullptr;
        Slot* next_chain_;
    };
};

}  // namespace lk::detail
