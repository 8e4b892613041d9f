// How records end, and how their lanes go on.

#include <algorithm>
#include <utility>

#include "pipeline/core.hpp"

namespace lk::pipeline {

void Core::settle(Pending* record, Ending ending, Error&& error, std::string_view shard,
                  std::string_view sequence_number, bool on_other_shard) {
    Generations::Tally& tally = generations_.settled(record->generation);
    switch (ending) {
        case Ending::published: ++tally.published; break;
        case Ending::failed: ++tally.failed; break;
        case Ending::unknown: ++tally.unknown; break;
        case Ending::kept: ++tally.kept; break;
    }
    record->settled = true;
    all_.remove(record);
    sending_.settled(record);
    // Made where it will be, as this is for each record; nearly all are published.
    Settled& told = settled_.emplace_back();
    told.record = record;
    told.ending = ending;
    told.shard_id = shard;
    told.sequence_number = sequence_number;
    if (ending != Ending::published) told.error = std::move(error);
    told.released = !record->bound;
    told.on_other_shard = on_other_shard;
    if (record->lane != 0) {
        if (lanes_.is_paused(record->lane)) {
            --tally.paused;
        } else if (ending != Ending::published && options_.pause_on_failure && !closing_) {
            pause(record->lane);
        }
    }
    // A lane stays closed while a request may still store this record.
    if (!record->bound) leave(record);
}

// The record is in no request and no queue any more; the next of its key may go.
void Core::leave(Pending* record) {
    if (record->lane == 0) return;
    Pending* const next = lanes_.remove(record);
    if (next != nullptr && !lanes_.is_paused(next->lane)) make_ready(next, last_activity_);
}

void Core::end_of_request(Pending* record) {
    record->bound = record->in_flight = false;
    released_.push_back(record);
    leave(record);
}

void Core::pause(std::uint64_t lane) {
    if (!lanes_.pause(lane)) return;
    for_each_unsettled(lane, [&](Pending* record) { generations_.paused(record->generation); });
    newly_paused_.push_back(lane);
}

bool Core::resume(std::uint64_t lane, TimePoint now) {
    if (!lanes_.resume(lane)) return false;
    for_each_unsettled(lane, [&](Pending* record) { generations_.resumed(record->generation); });
    // Some of them may have been asked for while nothing of theirs could move.
    hurries_ = hurried_up_to_.has_value();
    if (Pending* const first = lanes_.first_of(lane)) make_ready(first, now);
    return true;
}

Core::Discarded Core::discard(std::uint64_t lane, const Error& error,
                              std::uint32_t last_generation) {
    if (!lanes_.is_paused(lane)) return Discarded::not_paused;
    std::vector<Pending*> waiting;
    bool are_all = true;
    for (Pending* record = lanes_.first_of(lane); record != nullptr && are_all;
         record = record->lane_next) {
        if (record->settled || !Generations::is_up_to(record->generation, last_generation)) {
            continue;
        }
        are_all = waiting.size() < most_told_at_once;
        if (!are_all) break;
        record->doomed = true;
        waiting.push_back(record);
    }
    take_out_doomed();
    for (Pending* record : waiting) fail_by_name(record, error);
    if (!are_all) return Discarded::some;
    resume(lane, last_activity_);
    return Discarded::all;
}

void Core::fail_discarded(Pending* record, const Error& error, TimePoint now) {
    // So it enters no queue.
    record->doomed = true;
    admit(record, now);
    // That it fails must not pause the lane anew.
    const bool is_new = lanes_.pause(record->lane);
    if (is_new) generations_.paused(record->generation);
    fail_by_name(record, error);
    if (is_new) lanes_.resume(record->lane);
}

void Core::fail_by_name(Pending* record, const Error& error) {
    Error own = error;
    own.attempts = record->attempts;
    own.may_have_been_delivered = record->in_flight || record->may_have_been_stored;
    settle(record, own.may_have_been_delivered ? Ending::unknown : Ending::failed, std::move(own));
}

void Core::leave_in_outbox(std::uint32_t generation, std::uint32_t count) {
    generations_.kept(generation, count);
}

bool Core::settle_late(TimePoint now) {
    const auto is_late = [now](const Pending* record) {
        return record != nullptr && record->deadline <= now;
    };
    while (is_late(all_.oldest())) {
        if (settled_.size() >= most_told_at_once) return true;
        Pending* const record = all_.oldest();
        // Once for all that are late now.
        if (!record->doomed) doom_while(record, is_late);
        Error error = too_late(*record);
        const Ending ending = error.may_have_been_delivered ? Ending::unknown : Ending::failed;
        settle(record, ending, std::move(error));
    }
    return false;
}

bool Core::fail_all(const Error& error, const Error& kept) {
    if (!std::exchange(closing_, true)) {
        doom_while(all_.oldest(), [](const Pending* record) { return record != nullptr; });
    }
    while (!all_.empty()) {
        if (settled_.size() >= most_told_at_once) return true;
        Pending* const record = all_.oldest();
        Error own = record->is_kept() ? kept : error;
        own.attempts = record->attempts;
        own.may_have_been_delivered = record->in_flight || record->may_have_been_stored;
        const Ending ending = record->is_kept()             ? Ending::kept
                              : own.may_have_been_delivered ? Ending::unknown
                                                            : Ending::failed;
        settle(record, ending, std::move(own));
    }
    return false;
}

void Core::abandon_requests() {
    const auto let_go = [this](const std::vector<Parcel>& parcels) {
        for (const Parcel& parcel : parcels) {
            for_each(parcel, [this](Pending* record) { end_of_request(record); });
        }
    };
    for (const auto& [id, request] : requests_) let_go(request.parcels);
    for (const auto& half : halves_) let_go(half);
    requests_.clear();
    halves_.clear();
}

template <class Doomed>
void Core::doom_while(Pending* oldest, Doomed doomed) {
    for (Pending* record = oldest; doomed(record); record = record->newer) record->doomed = true;
    take_out_doomed();
}

// Takes records that are about to be settled out of whichever queue they wait in. Rare, so one
// pass over all queues will do.
void Core::take_out_doomed() {
    const auto doomed = [](const Pending* record) { return record->doomed; };
    sending_.remove_if(doomed);
    parked_.remove_if(doomed);
    std::erase_if(later_, [&](const Later& one) { return doomed(one.record); });
    std::make_heap(later_.begin(), later_.end(), later_than);
}

Error Core::too_late(const Pending& record) const {
    const auto within =
        std::chrono::duration_cast<std::chrono::milliseconds>(options_.deliver_within).count();
    std::string message =
        "not acknowledged within " + std::to_string(within) + " ms of dispatch() (deliver_within)";
    if (!last_failure_.empty()) message += "; the last failure of the stream: " + last_failure_;
    return {ErrorCode::not_in_time, std::move(message),
            record.in_flight || record.may_have_been_stored, record.attempts};
}

}  // namespace lk::pipeline
