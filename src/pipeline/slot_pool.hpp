#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

#include "base/fork.hpp"
#include "base/loop.hpp"
#include "pipeline/free_chains.hpp"
#include "pipeline/slabs.hpp"
#include "pipeline/slot.hpp"

namespace lk::detail {

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

    /// A chain of a few free slots, linked by next_of(). From any thread.
    [[nodiscard]] Slot* take_some();
    [[nodiscard]] static Slot* next_of(Slot* slot) noexcept { return slot->next_free_; }
    /// Makes a free slot ready for use; see Slot::wants_event().
    static void begin(Slot* slot, bool wants_event = true) noexcept;
    void give_back(Slot* slot) noexcept;
    /// Gives back a chain that take_some() gave, what is left of it; or none.
    void give_back_chain(Slot* first) noexcept;
    /// The driver's way, many at once: first each, then all that were gathered.
    void gather_unwanted(Slot* slot) noexcept;
    void give_back_unwanted() noexcept;

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
    using FreeSlots = pipeline::FreeChains<Slot, &Slot::next_free_, &Slot::next_chain_>;
    void give_back_chains(Slot* first, Slot* last_chain) noexcept;

    const Origin origin_;
    const bool stores_;
    std::shared_ptr<pipeline::Completions> completions_;
    // Results may outlive their dispatch function; the loop need not.
    const std::weak_ptr<Loop> loop_;
    // A stack of chains that is only pushed to and emptied as a whole, so there is no ABA.
    std::atomic<Slot*> returned_{nullptr};
    std::mutex mutex_;
    Slot* free_ = nullptr;  // chains taken from there, for whoever comes next
    pipeline::Slabs<Slot, &Slot::next_free_, &Slot::next_chain_> slabs_;
    FreeSlots unwanted_;  // the driver's own
    // Once retired: the slots still out. Before that, minus those that came back too late.
    std::atomic<std::int64_t> left_{0};
};

}  // namespace lk::detail
