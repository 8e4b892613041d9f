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
