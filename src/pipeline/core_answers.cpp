// What Kinesis said of a request, and what becomes of its records.

#include <algorithm>
#include <optional>

#include "pipeline/core.hpp"

namespace lk::pipeline {
namespace {

// "Rate exceeded for shard shardId-000000000001 in stream …": which shard was too slow.
std::string_view shard_named_in(std::string_view message) noexcept {
    const std::size_t start = message.find("shardId-");
    if (start == std::string_view::npos) return {};
    return message.substr(start, message.find_first_of(" ,.;:", start) - start);
}

// How long what is wrong with a stream is taken to last before it is looked at again.
constexpr Duration between_shard_lists = std::chrono::seconds(1);
// A list that was right for so long was a good one.
constexpr Duration list_holds = std::chrono::minutes(1);
// The same for what only a person mends (access, the stream's name, keys).
constexpr Duration between_probes = std::chrono::seconds(30);
// Enough for an answer to come back, mostly.
constexpr Duration last_try_before = std::chrono::seconds(1);

}  // namespace

void Core::answered(RequestId id, const PutRecordsAnswer& answer, TimePoint now) {
    const auto found = requests_.find(id);
    if (found == requests_.end()) return;
    const Request request = std::move(found->second);
    requests_.erase(found);
    last_activity_ = now;
    pace_.stream_answered();
    exists_ = true;
    learn(request, answer, now);

    // Random-key records that failed together come back together, so that a retry is one request
    // again and not many small ones.
    int most_attempts = 1;
    for (std::size_t i = 0; answer.failed() != 0 && i < request.parcels.size(); ++i) {
        const Pending& first = *request.parcels[i].first;
        if (first.lane == 0 && !answer[i].stored) {
            most_attempts = std::max<int>(most_attempts, first.attempts);
        }
    }
    const Duration common_pause = pace_.pause(most_attempts);
    waited_out_.reset();
    for (std::size_t i = 0; i < request.parcels.size(); ++i) {
        const Parcel& parcel = request.parcels[i];
        const PutRecordsAnswer::Entry entry = answer[i];
        if (entry.stored) {
            stored(parcel, entry, now);
            continue;
        }
        const Failure failure = classify_record(entry.error_code, entry.error_message);
        const bool waits_out = this->waits_out(failure);
        const int attempts = parcel.first->attempts;
        const Duration pause = waits_out                 ? between_probes
                               : parcel.first->lane == 0 ? common_pause
                                                         : pace_.pause(attempts);
        if (waits_out) {
            waited_out_ = failure;
            held_until_ = now + pause;
        }
        for_each(parcel, [&](Pending* record) {
            if (waits_out) --record->attempts;
            record_failed(record, failure, now, pause);
        });
    }
}

void Core::stored(const Parcel& parcel, const PutRecordsAnswer::Entry& entry, TimePoint now) {
    const ShardIndex predicted = parcel.first->shard;
    const bool elsewhere =
        predicted != no_shard && sending_.shards().id_of(predicted) != entry.shard_id;
    if (elsewhere) guessed_wrong(entry.shard_id, now);
    const bool strays = parcel.aggregated && elsewhere;
    for_each(parcel, [&](Pending* record) {
        if (record->settled) {
            end_of_request(record);
            return;
        }
        record->bound = record->in_flight = false;
        settle(record, Ending::published, {}, entry.shard_id, entry.sequence_number,
               strays && !sending_.is_own_shard(*record, parcel, entry.shard_id));
    });
}

// The stream was resharded. Who finds out at the same time does not ask at the same time; and who
// finds out again and again, as of answers that name shards which nobody lists, asks less often.
void Core::guessed_wrong(std::string_view landed, TimePoint now) {
    if (!sending_.shards().is_told() || shards_.state != Question::State::known) return;
    wrong_lists_ = now - shards_.ask_at < list_holds ? wrong_lists_ + 1 : 1;
    landed_instead_ = landed;
    shards_.state = Question::State::unasked;
    shards_.ask_at =
        std::max(now, shards_.ask_at + between_shard_lists) + pace_.pause(wrong_lists_);
}

// What an answer tells about the shards. Costs nothing while nobody is throttled or capped.
void Core::learn(const Request& request, const PutRecordsAnswer& answer, TimePoint now) {
    if (answer.failed() == 0 && !sending_.sorts()) return;
    sending_.make_room_for_shards();
    using Count = SendQueue::Throttled;
    std::vector<Count> counts;
    ShardMap& shards = sending_.shards();
    const bool by_landing = sending_.sorts() && !shards.is_told();
    for (std::size_t i = 0; i < request.parcels.size(); ++i) {
        const PutRecordsAnswer::Entry entry = answer[i];
        const Parcel& parcel = request.parcels[i];
        const Pending& first = *parcel.first;
        if (entry.stored) {
            if (by_landing || (sending_.sorts() && first.shard == no_shard)) {
                const ShardIndex shard = shards.index_of(entry.shard_id);
                if (shard == no_shard) continue;
                sending_.stored(parcel, shard, now);
                if (by_landing && !first.settled) sending_.landed(first, shard);
            }
            continue;
        }
        if (classify_record(entry.error_code, {}).kind != FailureClass::slow_down) continue;
        const std::string_view named = shard_named_in(entry.error_message);
        const ShardIndex shard = !named.empty() ? shards.index_of(named) : sending_.shard_of(first);
        if (shard == no_shard) continue;
        auto known = std::find_if(counts.begin(), counts.end(),
                                  [&](const Count& one) { return one.shard == shard; });
        if (known == counts.end()) known = counts.insert(known, {.shard = shard});
        ++known->refused;
        known->refused_cost += ShardRate::cost_of(parcel.bytes);
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
        sending_.throttled(count, request.started, now);
    }
    shards_.wanted = true;
}

void Core::failed(RequestId id, const Failure& given, TimePoint now) {
    Failure failure = given;
    if (failure.code == ErrorCode::stream_not_found && may_be_creating()) {
        failure.kind = FailureClass::not_ready;
    }
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
    const bool waits_out = this->waits_out(failure);
    if (waits_out) {
        pause = between_probes;
        waited_out_ = failure;
    } else if (failure.kind == FailureClass::not_ready) {
        pause = RetryPace::not_ready;
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
            if (waits_out || failure.kind == FailureClass::not_ready) --record->attempts;
            record_failed(record, failure, now, pause);
        });
    }
}

bool Core::waits_out(const Failure& failure) const noexcept {
    return options_.wait_out_stream_failures && failure.kind == FailureClass::final;
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

// A pause that would outlast the deadline is cut short: once more shortly before it.
std::optional<TimePoint> Core::next_try(const Pending& record, TimePoint now,
                                        Duration pause) const {
    const TimePoint last = record.deadline - std::min(last_try_before, options_.deliver_within / 8);
    TimePoint when = now + pause;
    if (now < last) when = std::min(when, last);
    return when < record.deadline ? std::optional(when) : std::nullopt;
}

void Core::record_failed(Pending* record, const Failure& failure, TimePoint now, Duration pause) {
    if (record->settled) {
        end_of_request(record);
        return;
    }
    record->bound = record->in_flight = false;
    record->may_have_been_stored |= failure.may_have_been_stored;
    const bool again = waits_out(failure) || (failure.kind != FailureClass::final &&
                                              failure.kind != FailureClass::invalid);
    if (again) last_failure_ = failure.message;
    const auto next_try = again ? this->next_try(*record, now, pause) : std::nullopt;
    if (next_try) {
        // Of an aggregate the first record of each key comes back; the others wait behind it. In a
        // paused lane, it may just have become so, all wait.
        if (record->lane != 0 && (!lanes_.is_first(record) || lanes_.is_paused(record->lane))) {
            return;
        }
        later_.push_back({*next_try, record});
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

}  // namespace lk::pipeline
