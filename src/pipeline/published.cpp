#include <lk/published.hpp>

#include <optional>

#include "pipeline/completions.hpp"
#include "pipeline/slot.hpp"

namespace lk {
namespace {

Error abandoned() {
    return {ErrorCode::abandoned,
            "this Published is empty: it was moved from, or its outcome was taken already", false,
            0};
}

Error no_outbox() {
    return {ErrorCode::bad_option,
            "this event's dispatch function has no outbox, so it is stored nowhere but in the "
            "stream: give get_dispatch() an `outbox`",
            false, 0};
}

}  // namespace

Published& Published::operator=(Published&& other) noexcept {
    if (this != &other) {
        if (slot_ != nullptr) slot_->drop();
        slot_ = std::exchange(other.slot_, nullptr);
    }
    return *this;
}

Published::~Published() {
    if (slot_ != nullptr) slot_->drop();
}

bool Published::ready() const noexcept {
    return slot_ == nullptr || slot_->is_settled();
}

Outcome Published::wait() {
    if (slot_ == nullptr) return abandoned();
    if (slot_->inherited()) slot_ = slot_->move_to_this_process();
    if (!slot_->is_settled()) {
        if (pipeline::Completions::inside()) {
            return pipeline::Completions::would_deadlock("get() or wait() on an unresolved result");
        }
        slot_->wait_until_settled();
        if (slot_->inherited()) slot_ = slot_->move_to_this_process();
    }
    return std::exchange(slot_, nullptr)->take();
}

std::optional<Error> Published::wait_stored() {
    if (slot_ == nullptr) return abandoned();
    if (slot_->inherited()) slot_ = slot_->move_to_this_process();
    if (!slot_->is_stored()) {
        if (!slot_->may_be_stored()) return no_outbox();
        if (pipeline::Completions::inside()) {
            return pipeline::Completions::would_deadlock(
                "wait_stored() on an event not stored yet");
        }
        slot_->wait_until_stored();
        if (slot_->inherited()) slot_ = slot_->move_to_this_process();
    }
    return slot_->store_failure();
}

void Published::on_stored(std::function<void(std::optional<Error>)> callback) {
    std::optional<Error> refused;
    if (slot_ == nullptr) {
        refused = abandoned();
    } else {
        if (slot_->inherited()) slot_ = slot_->move_to_this_process();
        if (slot_->has_on_stored()) {
            refused = Error{ErrorCode::bad_input, "on_stored() was called before on this result",
                            false, 0};
        } else if (!slot_->is_stored() && !slot_->may_be_stored()) {
            refused = no_outbox();
        }
    }
    if (!refused) return slot_->on_stored(std::move(callback));
    detail::Slot::failed(std::move(*refused), pipeline::Completions::make({}, {}))
        .then([callback = std::move(callback)](Outcome outcome) {
            callback(std::move(outcome).error());
        });
}

void Published::StoredAwaiter::await_suspend(std::coroutine_handle<> waiting) {
    result_.on_stored([this, waiting](std::optional<Error> failure) {
        failure_ = std::move(failure);
        waiting.resume();
    });
}

void Published::StoredAwaiter::await_resume() {
    if (failure_) throw DispatchError(std::move(*failure_));
}

Event Published::get() {
    Outcome outcome = wait();
    if (!outcome) throw DispatchError(std::move(outcome).error());
    return std::move(outcome).value();
}

void Published::then(std::function<void(Outcome)> callback) && {
    if (slot_ == nullptr) {
        *this = detail::Slot::failed(abandoned(), pipeline::Completions::make({}, {}));
    }
    if (slot_->inherited()) slot_ = slot_->move_to_this_process();
    // What throws for want of memory does so while the result is still here.
    slot_->make_room_for_continuation();
    std::exchange(slot_, nullptr)->on_settled(std::move(callback));
}

void Published::Awaiter::await_suspend(std::coroutine_handle<> waiting) {
    // The callback may run, and end the coroutine with this awaiter in it, before then() returns:
    // nothing of it is touched afterwards.
    std::move(result_).then([this, waiting](Outcome outcome) {
        outcome_ = std::move(outcome);
        waiting.resume();
    });
}

Event Published::Awaiter::await_resume() {
    if (!*outcome_) throw DispatchError(std::move(*outcome_).error());
    return std::move(*outcome_).value();
}

}  // namespace lk
