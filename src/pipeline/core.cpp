#include "pipeline/core.hpp"

#include <algorithm>

namespace lk::pipeline {
namespace {

// "Rate exceeded for shard shardId-000000000001 in stream …": which shard was too slow.
std::string_view shard_named_in(std::string_view message) noexcept {
    const std::size_t start = message.find("shardId-");
    if (start == std::string_view::npos) return {};
    return message.substr(start, message.find_first_of(" ,.;:", start) - start);
}

// How long what is wrong with a stream is taken to last before it is looked at again.
constexpr Duration not_ready_pause = std::chrono::seconds(1);
constexpr Duration between_shard_lists = std::chrono::seconds(1);

}  // namespace

Core::Core(const CoreOptions& options)
    : options_(options), pace_(options.random_seed), sending_(options.sending) {
    shards_.wanted = sending_.aggregates() || options.sending.highest_rate > 0;
}

void Core::accept(Pending* record, TimePoint now) {
    record->deadline = now + options_.deliver_within;
    generations_.accepted(record->generation);
    all_.add(record);
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
    if (bytes > default_record_limit) {
        using State = Question::State;
        if (limit_.state == State::unasked || limit_.state == State::asked) {
            parked_.push_back(record);
            return;
        }
        if (limit_.state == State::known && bytes > record_limit_) {
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
    const TimePoint accepted = record->deadline - options_.deliver_within;
    sending_.add(record, std::max(now, accepted + linger()));
}

Duration Core::linger() const noexcept {
    return std::min(options_.linger, options_.deliver_within / 4);
}

// While requests fail one at a time goes out, to see whether that has ended.
bool Core::saturated() const noexcept {
    const auto most = pace_.stream_failing()
                          ? std::size_t{1}
                          : static_cast<std::size_t>(options_.max_requests_in_flight);
    return requests_.size() >= most;
}

// Whether what is ready should go now and not wait for company. An idle stream has nothing to gain
// from waiting.
bool Core::eager(TimePoint now) const {
    return hurried_ > 0 || budget_short_ ||
           (requests_.empty() && now - last_activity_ >= options_.linger);
}

// To aggregate, or to keep to a cap, one must know the shards; until somebody has been asked
// nothing is sent.
bool Core::awaits_shards() const noexcept {
    return (sending_.aggregates() || options_.sending.highest_rate > 0) &&
           !sending_.shards().is_told() && !shards_.was_answered;
}

const Core::Request* Core::next_request(TimePoint now) {
    if (now < held_until_ || saturated() || awaits_shards()) return nullptr;
    if (hurried_ > 0 && !generations_.any_moving_up_to(static_cast<std::uint32_t>(hurried_ - 1))) {
        hurried_ = 0;
    }
    const bool may_retry = retry_share_.allows(now);
    std::vector<Parcel> parcels;
    if (may_retry && next_half(now, parcels)) return start(now, std::move(parcels));
    if (!sending_.due(now, eager(now), may_retry)) return nullptr;
    sending_.take(parcels, {.now = now,
                            .may_retry = may_retry,
                            .large_alone = limit_.state == Question::State::unknowable,
                            .linger = linger()});
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
            again |= record->attempts++ > 0;
        });
    }
    retry_share_.sent(again, now);
    last_activity_ = now;
    const RequestId id = ++last_request_;
    return &requests_.emplace(id, Request{id, now, std::move(parcels)}).first->second;
}

void Core::answered(RequestId id, const PutRecordsAnswer& answer, TimePoint now) {
    const auto found = requests_.find(id);
    if (found == requests_.end()) return;
    const Request request = std::move(found->second);
    requests_.erase(found);
    last_activity_ = now;
    pace_.stream_answered();
    learn(request, answer, now);

    // Random-key records that failed together come back together, so that a retry is one request
    // again and not many small ones.
    int most_attempts = 1;
    for (std::size_t i = 0; i < request.parcels.size(); ++i) {
        const Pending& first = *request.parcels[i].first;
        if (first.lane == 0 && !answer[i].stored) {
            most_attempts = std::max<int>(most_attempts, first.attempts);
        }
    }
    const Duration common_pause = pace_.pause(most_attempts);
    for (std::size_t i = 0; i < request.parcels.size(); ++i) {
        const Parcel& parcel = request.parcels[i];
        const PutRecordsAnswer::Entry entry = answer[i];
        if (entry.stored) {
            stored(parcel, entry, now);
            continue;
        }
        const Failure failure = classify_record(entry.error_code, entry.error_message);
        const int attempts = parcel.first->attempts;
        const Duration pause = parcel.first->lane == 0 ? common_pause : pace_.pause(attempts);
        for_each(parcel, [&](Pending* record) { record_failed(record, failure, now, pause); });
    }
}

void Core::stored(const Parcel& parcel, const PutRecordsAnswer::Entry& entry, TimePoint now) {
    const ShardIndex predicted = parcel.first->shard;
    const bool elsewhere =
        predicted != no_shard && sending_.shards().id_of(predicted) != entry.shard_id;
    if (elsewhere && sending_.shards().is_told() && shards_.state == Question::State::known) {
        // The stream was resharded. Who finds out at the same time does not ask at the same time.
        shards_.state = Question::State::unasked;
        shards_.ask_at = std::max(now, shards_.ask_at + between_shard_lists) + pace_.pause(1);
    }
    for_each(parcel, [&](Pending* record) {
        if (record->settled) {
            end_of_request(record);
            return;
        }
        record->bound = record->in_flight = false;
        settle(record, Ending::published, {}, entry.shard_id, entry.sequence_number,
               parcel.aggregated && elsewhere);
    });
}

// What an answer tells about the shards. Costs nothing while nobody is throttled.
void Core::learn(const Request& request, const PutRecordsAnswer& answer, TimePoint now) {
    struct Count {
        ShardIndex shard;
        std::size_t refused;
        std::size_t stored;
    };
    std::vector<Count> counts;
    ShardMap& shards = sending_.shards();
    const bool by_landing = sending_.any_limited() && !shards.is_told();
    for (std::size_t i = 0; i < request.parcels.size(); ++i) {
        const PutRecordsAnswer::Entry entry = answer[i];
        const Pending& first = *request.parcels[i].first;
        if (entry.stored) {
            if (by_landing && !first.settled) {
                sending_.landed(first, shards.index_of(entry.shard_id));
            }
            continue;
        }
        if (classify_record(entry.error_code, {}).kind != FailureClass::slow_down) continue;
        const std::string_view named = shard_named_in(entry.error_message);
        const ShardIndex shard = !named.empty() ? shards.index_of(named) : sending_.shard_of(first);
        if (shard == no_shard) continue;
        const auto known = std::find_if(counts.begin(), counts.end(),
                                        [&](const Count& one) { return one.shard == shard; });
        if (known != counts.end()) {
            ++known->refused;
        } else {
            counts.push_back({shard, 1, 0});
        }
    }
    if (counts.empty()) return;
    for (std::size_t i = 0; i < request.parcels.size(); ++i) {
        const PutRecordsAnswer::Entry entry = answer[i];
        if (!entry.stored) continue;
        for (Count& count : counts) {
            if (shards.id_of(count.shard) == entry.shard_id) ++count.stored;
        }
    }
    for (const Count& count : counts) {
        sending_.throttled(count.shard, count.refused, count.stored, request.started, now);
    }
    shards_.wanted = true;
}

void Core::failed(RequestId id, const Failure& failure, TimePoint now) {
    const auto found = requests_.find(id);
    if (found == requests_.end()) return;
    const Request request = std::move(found->second);
    requests_.erase(found);
    last_activity_ = now;

    if (failure.kind == FailureClass::invalid && request.parcels.size() > 1) {
        halve(request);
        return;
    }
    if (failure.kind == FailureClass::invalid && request.parcels.front().count > 1) {
        take_apart(request.parcels.front(), now);
        return;
    }

    // What one request met the next would meet, so the whole stream pauses. Requests that were
    // under way together and fail together count as one failure.
    Duration pause{};
    if (failure.kind == FailureClass::not_ready) {
        pause = not_ready_pause;
    } else if (failure.kind == FailureClass::slow_down || failure.kind == FailureClass::transient) {
        if (request.started >= failed_at_) {
            failed_at_ = now;
            held_until_ = now + pace_.stream_failed();
        }
        pause = std::max(held_until_ - now, Duration::zero());
    }
    held_until_ = std::max(held_until_, now + pause);
    for (const Parcel& parcel : request.parcels) {
        for_each(parcel, [&](Pending* record) {
            if (failure.kind == FailureClass::not_ready) --record->attempts;
            record_failed(record, failure, now, pause);
        });
    }
}

// The records keep their places in their lanes, and go as they stand.
void Core::halve(const Request& refused) {
    for (const Parcel& parcel : refused.parcels) {
        for_each(parcel, [](Pending* record) { record->in_flight = false; });
    }
    const auto middle =
        refused.parcels.begin() + static_cast<std::ptrdiff_t>((refused.parcels.size() + 1) / 2);
    halves_.emplace_back(refused.parcels.begin(), middle);
    halves_.emplace_back(middle, refused.parcels.end());
}

// Which of an aggregate's records is guilty shows when each goes by itself.
void Core::take_apart(const Parcel& refused, TimePoint now) {
    for_each(refused, [&](Pending* record) {
        if (record->settled) {
            end_of_request(record);
            return;
        }
        record->bound = record->in_flight = false;
        record->goes_alone = true;
        const bool may_go =
            record->lane == 0 || (lanes_.is_first(record) && !lanes_.is_paused(record->lane));
        if (may_go) put_in_line(record, now);
    });
}

void Core::record_failed(Pending* record, const Failure& failure, TimePoint now, Duration pause) {
    if (record->settled) {
        end_of_request(record);
        return;
    }
    record->bound = record->in_flight = false;
    record->may_have_been_stored |= failure.may_have_been_stored;
    const bool again = failure.kind != FailureClass::final && failure.kind != FailureClass::invalid;
    if (again && now + pause < record->deadline) {
        // Of an aggregate the first record of each key comes back; the others wait behind it. In a
        // paused lane, it may just have become so, all wait.
        if (record->lane != 0 && (!lanes_.is_first(record) || lanes_.is_paused(record->lane))) {
            return;
        }
        later_.push_back({now + pause, record});
        std::push_heap(later_.begin(), later_.end(), later_than);
        return;
    }
    Error error{failure.code, failure.message, record->may_have_been_stored, record->attempts};
    if (error.message.empty()) error.message = failure.service_code;
    if (again) {
        error.code = ErrorCode::not_in_time;
        error.message =
            "not acknowledged within the time given (deliver_within); last: " + error.message;
    }
    settle(record, record->may_have_been_stored ? Ending::unknown : Ending::failed,
           std::move(error));
}

void Core::settle(Pending* record, Ending ending, Error error, std::string_view shard,
                  std::string_view sequence_number, bool on_other_shard) {
    Generations::Tally& tally = generations_.settled(record->generation);
    switch (ending) {
        case Ending::published: ++tally.published; break;
        case Ending::failed: ++tally.failed; break;
        case Ending::unknown: ++tally.unknown; break;
    }
    record->settled = true;
    all_.remove(record);
    sending_.settled(record);
    settled_.push_back(
        {record, ending, shard, sequence_number, std::move(error), !record->bound, on_other_shard});
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

template <class Each>
void Core::for_each_unsettled(std::uint64_t lane, Each each) {
    for (Pending* record = lanes_.first_of(lane); record != nullptr; record = record->lane_next) {
        if (!record->settled) each(record);
    }
}

void Core::pause(std::uint64_t lane) {
    if (!lanes_.pause(lane)) return;
    for_each_unsettled(lane, [&](Pending* record) { generations_.paused(record->generation); });
    newly_paused_.push_back(lane);
}

bool Core::resume(std::uint64_t lane, TimePoint now) {
    if (!lanes_.resume(lane)) return false;
    for_each_unsettled(lane, [&](Pending* record) { generations_.resumed(record->generation); });
    if (Pending* const first = lanes_.first_of(lane)) make_ready(first, now);
    return true;
}

bool Core::discard(std::uint64_t lane, const Error& error, std::uint32_t last_generation) {
    if (!lanes_.is_paused(lane)) return false;
    std::vector<Pending*> waiting;
    for_each_unsettled(lane, [&](Pending* record) {
        if (record->generation <= last_generation) waiting.push_back(record);
    });
    doom(waiting);
    for (Pending* record : waiting) {
        Error own = error;
        own.attempts = record->attempts;
        own.may_have_been_delivered = record->in_flight || record->may_have_been_stored;
        settle(record, own.may_have_been_delivered ? Ending::unknown : Ending::failed,
               std::move(own));
    }
    return resume(lane, last_activity_);
}

bool Core::wants_stream_limit(TimePoint now) {
    limit_.wanted = !parked_.empty();
    return limit_.ask(now);
}

void Core::stream_limit_is(std::size_t max_record_bytes, TimePoint now) {
    limit_.state = Question::State::known;
    record_limit_ = std::clamp(max_record_bytes, default_record_limit, highest_record_limit);
    unpark(now);
}

void Core::stream_limit_unknown(const Failure& failure, TimePoint now) {
    limit_.not_answered(failure, now + pace_.pause(4));
    if (limit_.state == Question::State::unknowable) unpark(now);
}

void Core::unpark(TimePoint now) {
    PendingQueue waiting = parked_;
    parked_ = {};
    while (!waiting.empty()) make_ready(waiting.pop_front(), now);
}

bool Core::wants_shards(TimePoint now) {
    return shards_.ask(now);
}

void Core::shards_are(std::span<const Shard> open_shards, TimePoint now) {
    if (!sending_.shards().told(open_shards)) {
        // Listed in the middle of a split, perhaps.
        shards_unknown({FailureClass::transient, ErrorCode::bad_answer, {}, {}, false}, now);
        return;
    }
    shards_.state = Question::State::known;
    shards_.ask_at = now;
    shards_.was_answered = true;
    sending_.shards_changed();
}

void Core::shards_unknown(const Failure& failure, TimePoint now) {
    shards_.not_answered(failure, now + pace_.pause(4));
    if (shards_.state == Question::State::unknowable) {
        sending_.stop_aggregating();
        sending_.shards().forget();
        sending_.shards_changed();
    }
}

bool Core::Question::ask(TimePoint now) noexcept {
    if (!wanted || state != State::unasked || now < ask_at) return false;
    state = State::asked;
    return true;
}

void Core::Question::not_answered(const Failure& failure, TimePoint again) noexcept {
    const bool for_good =
        failure.kind == FailureClass::final || failure.kind == FailureClass::invalid;
    state = for_good ? State::unknowable : State::unasked;
    was_answered = true;
    ask_at = again;
}

void Core::advance(TimePoint now) {
    sending_.tidy(now);
    while (!later_.empty() && later_.front().when <= now) {
        std::pop_heap(later_.begin(), later_.end(), later_than);
        Pending* const record = later_.back().record;
        later_.pop_back();
        put_in_line(record, now);
    }
    if (all_.empty() || all_.oldest()->deadline > now) return;
    std::vector<Pending*> late;
    for (Pending* record = all_.oldest(); record != nullptr && record->deadline <= now;
         record = record->newer) {
        late.push_back(record);
    }
    doom(late);
    for (Pending* record : late) {
        Error error = too_late(*record);
        const Ending ending = error.may_have_been_delivered ? Ending::unknown : Ending::failed;
        settle(record, ending, std::move(error));
    }
}

void Core::fail_all(const Error& error) {
    closing_ = true;
    std::vector<Pending*> all;
    for (Pending* record = all_.oldest(); record != nullptr; record = record->newer) {
        all.push_back(record);
    }
    doom(all);
    for (Pending* record : all) {
        Error own = error;
        own.attempts = record->attempts;
        own.may_have_been_delivered = record->in_flight || record->may_have_been_stored;
        const Ending ending = own.may_have_been_delivered ? Ending::unknown : Ending::failed;
        settle(record, ending, std::move(own));
    }
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

// Takes records that are about to be settled out of whichever queue they wait in. Rare, so one
// pass over all queues will do.
void Core::doom(const std::vector<Pending*>& records) {
    for (Pending* record : records) record->doomed = true;
    const auto doomed = [](const Pending* record) { return record->doomed; };
    sending_.remove_if(doomed);
    parked_.remove_if(doomed);
    std::erase_if(later_, [&](const Later& one) { return doomed(one.record); });
    std::make_heap(later_.begin(), later_.end(), later_than);
}

Error Core::too_late(const Pending& record) const {
    const auto within =
        std::chrono::duration_cast<std::chrono::milliseconds>(options_.deliver_within).count();
    return {
        ErrorCode::not_in_time,
        "not acknowledged within " + std::to_string(within) + " ms of dispatch() (deliver_within)",
        record.in_flight || record.may_have_been_stored, record.attempts};
}

TimePoint Core::next_moment(TimePoint now) {
    TimePoint next = never;
    const auto at = [&next](TimePoint when) { next = std::min(next, when); };
    if (!all_.empty()) at(all_.oldest()->deadline);
    if (!later_.empty()) at(later_.front().when);
    if (!parked_.empty() && limit_.state == Question::State::unasked) at(limit_.ask_at);
    if (shards_.wanted && shards_.state == Question::State::unasked) at(shards_.ask_at);
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
