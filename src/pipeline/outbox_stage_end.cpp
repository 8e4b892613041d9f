// What close() leaves in the outbox, and for how long it waits for the disk.

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "pipeline/outbox_stage_mail.hpp"

namespace lk::pipeline {
namespace {

// How long close() waits for the disk past its deadline.
constexpr Duration last_grace = std::chrono::milliseconds(200);

}  // namespace

bool OutboxStage::may_end(TimePoint now, TimePoint deadline) {
    if (ends_at_ == never) ends_at_ = std::max(now, deadline) + last_grace;
    if (now >= ends_at_) return true;
    if (writing_ || any_drafts() || told_later_ > 0) return false;
    if (ending_ == Ending::not_yet) {
        ending_ = Ending::flushing;
        tell_settled();
        outbox_->flush([flushed = by_mail<bool>([this](bool, TimePoint) {
                            ending_ = Ending::flushed;
                        })] { flushed(true); });
    }
    return ending_ == Ending::flushed;
}

void OutboxStage::end(TimePoint now, const Error& kept) {
    seal(open_);
    seal(open_waiting_);
    // These may come to stand in the outbox yet, and then the next run sends them.
    for (const Draft& draft : written_) {
        for (Pending* record : draft.records) record->may_have_been_stored = true;
    }
    for (std::deque<Draft>* drafts : {&written_, &drafts_}) {
        for (const Draft& draft : *drafts) {
            for (Pending* record : draft.records) admit(record, now);
        }
        drafts->clear();
    }
    for (const ShelvedPage& page : loading_) leave(page, kept);
    for (const ShelvedPage& page : not_loaded_) leave(page, kept);
    loading_.clear();
    not_loaded_.clear();
    while (!set_aside_.empty()) put_back(set_aside_.take_any());
    while (!shelf_.pass_is_over()) leave(shelf_.take_next(), kept);
    shelf_.begin_pass();
    while (!shelf_.pass_is_over()) leave(shelf_.take_next(), kept);
}

void OutboxStage::leave(const ShelvedPage& page, const Error& kept) {
    for (const auto& [generation, records] : page.generations) {
        core_.leave_in_outbox(generation, records);
    }
    for (const auto& [index, slot] : page.wanted) {
        if (!slot->wanted()) {
            slot->settle_unwanted();
            continue;
        }
        auto settlement = std::make_unique<Settlement>();
        settlement->error = kept;
        slot->settle(std::move(settlement));
    }
}

}  // namespace lk::pipeline
