#include "pipeline/core.hpp"

#include <algorithm>

namespace lk::pipeline {

Core::Core(const CoreOptions& options)
    : options_(options), pace_(options.random_seed), sending_(options.sending) {
    shards_.wanted = sending_.aggregates() || options.sending.highest_rate > 0;
}

void Core::admit(Pending* record, TimePoint now) {
    all_.add(record);
    enter(record, now);
}

void Core::admit_late(Pending* record, Duration age, TimePoint now) {
    record->deadline = now + (options_.deliver_within - age);
    all_.add_late(record);
    enter(record, now);
}

void Core::enter(Pending* record, TimePoint now) {
    sending_.accepted(record);
    if (record->lane == 0) {
        make_ready(record, now);
        return;
    }
    const bool first = lanes_.add(record);
    if (lanes_.is_paused(record->lane)) {
        generations_.paused(record->generation);
    } else if (first) {
        make_ready(record, now);
    }
}

// Ready but for its size, perhaps.
void Core::make_ready(Pending* record, TimePoint now) {
    if (record->doomed || record->bound || record->settled) return;
    const std::size_t bytes = record->counted_bytes();
    if (bytes > record_limit_) {
        using State = Question::State;
        met_large_record_ = true;
        // It may have been raised, as the error tells, or may be known by now.
        const bool doubtful = facts_.state == State::known || facts_.state == State::unknowable;
        if (doubtful && now >= facts_.ask_at) facts_.state = State::unasked;
        if (facts_.state == State::unasked || facts_.state == State::asked) {
            parked_.push_back(record);
            return;
        }
        if (facts_.state == State::known) {
            settle(record, Ending::failed,
                   {ErrorCode::too_large,
                    "the record has " + std::to_string(bytes) +
                        " bytes (data and partition key); this stream takes " +
                        std::to_string(record_limit_) +
                        " at most: make the data smaller, or raise the stream's limit "
                        "(UpdateMaxRecordSize, up to 10 MiB)",
                    false, record->attempts});
            return;
        }
    }
    put_in_line(record, now);
}

void Core::put_in_line(Pending* record, TimePoint now) {
    if (record->attempts > 0) {
        sending_.add_again(record);
        return;
    }
    // It has lingered since it was accepted: what waited for its lane is due. Near its deadline
    // nothing waits for company.
    sending_.add(record, std::max(now, record->deadline - due_before_deadline()));
}

Duration Core::due_before_deadline() const noexcept {
    return options_.deliver_within - std::min(options_.linger, options_.deliver_within / 4);
}

// While requests fail one at a time goes out, to see whether that has ended.
bool Core::saturated() const noexcept {
    const auto most = pace_.stream_failing() || waited_out_
                          ? std::size_t{1}
                          : static_cast<std::size_t>(options_.max_requests_in_flight);
    return requests_.size() >= most;
}

// Whether what is ready should go now and not wait for company. An idle stream has nothing to gain
// from waiting.
bool Core::eager(TimePoint now) const {
    return hurries_ || budget_short_ ||
           (requests_.empty() && (last_request_ == 0 || now - last_activity_ >= options_.linger));
}

// To aggregate, or to keep to a cap, one must know the shards; until somebody has been asked
// nothing is sent.
bool Core::awaits_shards() const noexcept {
    return (sending_.aggregates() || options_.sending.highest_rate > 0) &&
           !sending_.shards().is_told() && !shards_.was_answered;
}

const Core::Request* Core::next_request(TimePoint now) {
    if (now < held_until_ || saturated() || awaits_shards()) return nullptr;
    if (hurries_) hurries_ = generations_.any_moving_up_to(*hurried_up_to_);
    const bool may_retry = retry_share_.allows(now);
    std::vector<Parcel> parcels;
    if (may_retry && next_half(now, parcels)) return start(now, std::move(parcels));
    if (!sending_.due(now, eager(now), may_retry)) return nullptr;
    sending_.take(parcels, {.now = now,
                            .may_retry = may_retry,
                            .large_alone = facts_.state == Question::State::unknowable,
                            .due_before_deadline = due_before_deadline()});
    if (parcels.empty()) return nullptr;
    return start(now, std::move(parcels));
}

// What was settled while it waited leaves here.
bool Core::next_half(TimePoint now, std::vector<Parcel>& parcels) {
    last_activity_ = halves_.empty() ? last_activity_ : now;
    while (!halves_.empty() && parcels.empty()) {
        const std::vector<Parcel> half = std::move(halves_.front());
        halves_.pop_front();
        for (const Parcel& parcel : half) {
            Parcel kept = parcel;
            kept.first = kept.last = nullptr;
            kept.count = 0;
            for_each(parcel, [&](Pending* record) {
                record->next = nullptr;
                if (record->settled) {
                    end_of_request(record);
                    return;
                }
                if (lanes_.is_paused(record->lane)) {
                    record->bound = false;
                    return;
                }
                (kept.first == nullptr ? kept.first : kept.last->next) = record;
                kept.last = record;
                ++kept.count;
            });
            if (kept.count > 0) parcels.push_back(kept);
        }
    }
    return !parcels.empty();
}

const Core::Request* Core::start(TimePoint now, std::vector<Parcel> parcels) {
    bool again = false;
    for (Parcel& parcel : parcels) {
        // Alone it needs no envelope.
        if (parcel.count == 1) parcel.aggregated = false;
        for_each(parcel, [&](Pending* record) {
            record->bound = true;
            record->in_flight = true;
            again |= record->attempts > 0;
            // In an outage of days there may be more than it counts.
            if (record->attempts < std::numeric_limits<std::uint16_t>::max()) ++record->attempts;
        });
    }
    retry_share_.sent(again, now);
    last_activity_ = now;
    const RequestId id = ++last_request_;
    return &requests_
                .emplace(id,
                         Request{id, now, std::move(parcels), sending_.aggregate_partition_key()})
                .first->second;
}

bool Core::advance(TimePoint now) {
    sending_.tidy(now);
    while (!later_.empty() && later_.front().when <= now) {
        std::pop_heap(later_.begin(), later_.end(), later_than);
        Pending* const record = later_.back().record;
        later_.pop_back();
        put_in_line(record, now);
    }
    return settle_late(now);
}

TimePoint Core::next_moment(TimePoint now) {
    TimePoint next = never;
    const auto at = [&next](TimePoint when) { next = std::min(next, when); };
    if (!all_.empty()) at(all_.oldest()->deadline);
    if (!later_.empty()) at(later_.front().when);
    if (wants_facts() && facts_.is_open()) at(facts_.ask_at);
    if (may_ask_for_shards()) at(shards_.ask_at);
    if (!saturated() && !awaits_shards()) {
        const TimePoint may_retry_at = retry_share_.allows_at(now);
        if (!halves_.empty()) at(std::max(held_until_, may_retry_at));
        const bool due = sending_.due(now, eager(now), may_retry_at <= now);
        const TimePoint sends = due ? now : sending_.due_at(may_retry_at);
        if (sends != never) at(std::max(held_until_, sends));
    }
    return next;
}

}  // namespace lk::pipeline
