#include "pipeline/slot.hpp"

#include <chrono>
#include <new>
#include <thread>
#include <utility>

#include "pipeline/completions.hpp"
#include "pipeline/slot_pool.hpp"

namespace lk::detail {

namespace {

// Who waited for `stored` is content with published, and with what the end of the dispatch function
// leaves in the outbox.
std::optional<Error> failure_to_store(const pipeline::Settlement* settlement) {
    if (settlement == nullptr || settlement->published) return std::nullopt;
    if (settlement->error.code == ErrorCode::kept) return std::nullopt;
    return settlement->error;
}

}  // namespace

bool Slot::wanted() const noexcept {
    const std::uint32_t seen = state_.load(std::memory_order_acquire);
    return (seen & dropped_bit) == 0 ||
           (seen & (stored_bit | stored_continued_bit)) == stored_continued_bit;
}

void Slot::settle_unwanted() noexcept {
    delete std::exchange(continuations_, nullptr);
    pool_->gather_unwanted(this);
}

void Slot::stored() {
    const std::uint32_t before = state_.fetch_or(stored_bit, std::memory_order_acq_rel);
    if ((before & waiting_bit) != 0) state_.notify_all();
    if ((before & stored_continued_bit) != 0) {
        tell_stored(std::exchange(continuations_->stored, nullptr), std::nullopt);
    }
}

// Whoever waits for `stored` is told before the last word: after it the other end may give the slot
// back.
void Slot::settle(std::unique_ptr<pipeline::Settlement> settlement) {
    settlement_ = settlement.release();
    std::uint32_t before = state_.load(std::memory_order_acquire);
    do {
        if ((before & (stored_bit | stored_continued_bit)) == stored_continued_bit &&
            continuations_->stored) {
            tell_stored(std::exchange(continuations_->stored, nullptr),
                        failure_to_store(settlement_));
        }
    } while (!state_.compare_exchange_weak(before, before | settled_bit, std::memory_order_acq_rel,
                                           std::memory_order_acquire));
    if ((before & dropped_bit) != 0) {
        pool_->give_back(this);
    } else if ((before & continued_bit) != 0) {
        pool_->completions()->add(this);
    } else if ((before & waiting_bit) != 0) {
        state_.notify_all();
    }
}

bool Slot::is_settled() const noexcept {
    return (state_.load(std::memory_order_acquire) & settled_bit) != 0;
}

bool Slot::inherited() const noexcept {
    return pool_->inherited();
}

void Slot::wait_until_settled() {
    wait_for(settled_bit);
}

void Slot::wait_until_stored() {
    wait_for(stored_bit | settled_bit);
}

void Slot::wait_for(std::uint32_t bits) {
    if (const std::shared_ptr<Loop> loop = pool_->loop()) {
        loop->drive_until(
            [this, bits] { return (state_.load(std::memory_order_acquire) & bits) != 0; });
        if (inherited()) return;
    }
    std::uint32_t seen = state_.fetch_or(waiting_bit, std::memory_order_acq_rel) | waiting_bit;
    while ((seen & bits) == 0) {
        state_.wait(seen, std::memory_order_acquire);
        seen = state_.load(std::memory_order_acquire);
    }
}

bool Slot::may_be_stored() const noexcept {
    return pool_->stores();
}

bool Slot::is_stored() const noexcept {
    return (state_.load(std::memory_order_acquire) & (stored_bit | settled_bit)) != 0;
}

std::optional<Error> Slot::store_failure() const {
    const std::uint32_t seen = state_.load(std::memory_order_acquire);
    return (seen & stored_bit) != 0 ? std::nullopt : failure_to_store(settlement_);
}

bool Slot::has_on_stored() const noexcept {
    return (state_.load(std::memory_order_relaxed) & stored_continued_bit) != 0;
}

void Slot::on_stored(StoredContinuation continuation) {
    continuations().stored = std::move(continuation);
    const std::uint32_t before = state_.fetch_or(stored_continued_bit, std::memory_order_acq_rel);
    if ((before & (stored_bit | settled_bit)) != 0) {
        tell_stored(std::exchange(continuations_->stored, nullptr), store_failure());
    }
}

void Slot::tell_stored(StoredContinuation continuation, std::optional<Error> failure) const {
    run(pool_->completions(), [continuation = std::move(continuation),
                               failure = std::move(failure)] { continuation(failure); });
}

void Slot::run(const std::shared_ptr<pipeline::Completions>& completions,
               std::function<void()> task) {
    auto nothing = std::make_unique<pipeline::Settlement>();
    nothing->published = true;
    nothing->is_envelope = false;
    alone(std::move(nothing), completions)->on_settled([task = std::move(task)](const Outcome&) {
        task();
    });
}

Slot::Continuations& Slot::continuations() {
    if (continuations_ == nullptr) continuations_ = new Continuations();
    return *continuations_;
}

Outcome Slot::outcome() const {
    return settlement_ == nullptr ? Outcome(Event()) : settlement_->outcome();
}

Outcome Slot::take() {
    Outcome result = outcome();
    pool_->give_back(this);
    return result;
}

void Slot::drop() noexcept {
    // Nobody will settle it here, and nobody else looks at this process's copy of it.
    if (inherited() && !is_settled()) return;
    if ((state_.fetch_or(dropped_bit, std::memory_order_acq_rel) & settled_bit) != 0) {
        pool_->give_back(this);
    }
}

void Slot::on_settled(Continuation continuation) {
    continuations().settled = std::move(continuation);
    if ((state_.fetch_or(continued_bit, std::memory_order_acq_rel) & settled_bit) != 0) {
        pool_->completions()->add(this);
    }
}

// Others may give memory back, so it is asked for some times; whoever waits for the outcome is told
// in any case.
Outcome Slot::outcome_or_why_not() const {
    for (int tries = 0; tries < 10; ++tries) {
        try {
            return outcome();
        } catch (const std::bad_alloc&) {
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
    }
    // Short enough for a string to need no memory.
    return Error{settlement_->published ? ErrorCode::internal : settlement_->error.code,
                 "out of memory",
                 settlement_->published || settlement_->error.may_have_been_delivered,
                 settlement_->attempts};
}

void Slot::complete() {
    const Continuation continuation = std::exchange(continuations_->settled, nullptr);
    Outcome result = outcome_or_why_not();
    pool_->give_back(this);
    continuation(std::move(result));
}

Slot* Slot::move_to_this_process() {
    std::unique_ptr<pipeline::Settlement> settlement;
    if (is_settled()) {
        settlement.reset(std::exchange(settlement_, nullptr));
        pool_->give_back(this);
    } else {
        settlement = std::make_unique<pipeline::Settlement>();
        settlement->error = {
            ErrorCode::forked,
            "this result was not there yet when the process forked: only the parent gets it", true,
            0};
    }
    return alone(std::move(settlement), pipeline::Completions::make({}, {}));
}

Slot* Slot::alone(std::unique_ptr<pipeline::Settlement> settlement,
                  const std::shared_ptr<pipeline::Completions>& completions) {
    SlotPool* pool = SlotPool::make(completions, {}, false, 1);
    Slot* slot = pool->take_some();
    SlotPool::begin(slot);
    slot->settle(std::move(settlement));
    pool->retire();
    return slot;
}

Published Slot::failed(Error error, const std::shared_ptr<pipeline::Completions>& completions) {
    auto settlement = std::make_unique<pipeline::Settlement>();
    settlement->error = std::move(error);
    return Published(alone(std::move(settlement), completions->inherited()
                                                      ? pipeline::Completions::make({}, {})
                                                      : completions));
}

}  // namespace lk::detail
