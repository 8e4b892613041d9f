#include "pipeline/core.hpp"

#include <algorithm>

namespace lk::pipeline {

Core::Core(const CoreOptions& options) : options_(options), pace_(options.random_seed) {}

void Core::accept(Pending* record, TimePoint now) {
    record->deadline = now + options_.deliver_within;
    generations_.accepted(record->generation);
    all_.add(record);
    if (record->lane == 0 || lanes_.add(record)) make_ready(record, now);
}

// Ready but for its size, perhaps.
void Core::make_ready(Pending* record, TimePoint now) {
    if (record->doomed) return;
    const std::size_t bytes = record->counted_bytes();
    if (bytes > default_record_limit) {
        if (limit_state_ == Limit::unasked || limit_state_ == Limit::asked) {
            parked_.push_back(record);
            return;
        }
        if (limit_state_ == Limit::known && bytes > record_limit_) {
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
    // It has lingered since it was accepted: what waited for its lane, or was tried before, is due.
    const TimePoint accepted = record->deadline - options_.deliver_within;
    ready_due_ = std::min(ready_due_, std::max(now, accepted + options_.linger));
    ready_bytes_ += record->counted_bytes();
    ready_.push_back(record);
}

// While requests fail one at a time goes out, to see whether that has ended.
bool Core::saturated() const noexcept {
    const auto most = pace_.stream_failing()
                          ? std::size_t{1}
                          : static_cast<std::size_t>(options_.max_requests_in_flight);
    return requests_.size() >= most;
}

// Whether what is ready should go now or may wait for company.
bool Core::due(TimePoint now) const {
    if (ready_.empty()) return false;
    if (ready_.size() >= max_request_records || ready_bytes_ >= max_request_bytes) return true;
    if (hurried_ > 0) return true;
    // An idle stream has nothing to gain from waiting.
    if (requests_.empty() && now - last_activity_ >= options_.linger) return true;
    return now >= ready_due_;
}

const Core::Request* Core::next_request(TimePoint now) {
    if (now < held_until_ || saturated()) return nullptr;
    if (hurried_ > 0 &&
        !generations_.any_unsettled_up_to(static_cast<std::uint32_t>(hurried_ - 1))) {
        hurried_ = 0;
    }
    if (!halves_.empty()) {
        std::vector<Pending*> half = std::move(halves_.front());
        halves_.pop_front();
        return start(now, std::move(half));
    }
    if (!due(now)) return nullptr;
    std::vector<Pending*> records;
    records.reserve(std::min(ready_.size(), max_request_records));
    std::size_t bytes = 0;
    while (!ready_.empty() && records.size() < max_request_records) {
        Pending* const record = ready_.front();
        const std::size_t more = record->counted_bytes();
        const bool alone = more > default_record_limit && limit_state_ == Limit::unknowable;
        if (!records.empty() && (alone || bytes + more > max_request_bytes)) break;
        ready_.pop_front();
        ready_bytes_ -= more;
        bytes += more;
        records.push_back(record);
        if (alone) break;
    }
    // What a full request leaves behind may wait for company again.
    ready_due_ = ready_.empty() ? never : now + options_.linger;
    return start(now, std::move(records));
}

const Core::Request* Core::start(TimePoint now, std::vector<Pending*> records) {
    for (Pending* record : records) {
        record->in_flight = true;
        ++record->attempts;
    }
    last_activity_ = now;
    const RequestId id = ++last_request_;
    return &requests_.emplace(id, Request{id, now, std::move(records)}).first->second;
}

void Core::answered(RequestId id, const PutRecordsAnswer& answer, TimePoint now) {
    const auto found = requests_.find(id);
    if (found == requests_.end()) return;
    const std::vector<Pending*> records = std::move(found->second.records);
    requests_.erase(found);
    last_activity_ = now;
    pace_.stream_answered();

    // Random-key records that failed together come back together, so that a retry is one request
    // again and not many small ones.
    int most_attempts = 1;
    for (const Pending* record : records)
        most_attempts = std::max<int>(most_attempts, record->attempts);
    const Duration common_pause = pace_.pause(most_attempts);

    for (std::size_t i = 0; i < records.size(); ++i) {
        Pending* const record = records[i];
        const PutRecordsAnswer::Entry entry = answer[i];
        if (record->settled) {
            end_of_request(record);
        } else if (entry.stored) {
            record->in_flight = false;
            settle(record, Ending::published, {}, entry.shard_id, entry.sequence_number);
        } else {
            const Failure failure = classify_record(entry.error_code, entry.error_message);
            record_failed(record, failure, now,
                          record->lane == 0 ? common_pause : pace_.pause(record->attempts));
        }
    }
}

void Core::failed(RequestId id, const Failure& failure, TimePoint now) {
    const auto found = requests_.find(id);
    if (found == requests_.end()) return;
    const Request request = std::move(found->second);
    requests_.erase(found);
    last_activity_ = now;

    if (failure.kind == FailureClass::invalid && request.records.size() > 1) {
        halve(request);
        return;
    }

    // What one request met the next would meet, so the whole stream pauses. Requests that were
    // under way together and fail together count as one failure.
    Duration pause{};
    if (failure.kind == FailureClass::not_ready) {
        pause = std::chrono::seconds(1);
    } else if (failure.kind == FailureClass::slow_down || failure.kind == FailureClass::transient) {
        if (request.started >= failed_at_) {
            failed_at_ = now;
            held_until_ = now + pace_.stream_failed();
        }
        pause = std::max(held_until_ - now, Duration::zero());
    }
    held_until_ = std::max(held_until_, now + pause);
    for (Pending* record : request.records) {
        if (failure.kind == FailureClass::not_ready) --record->attempts;
        if (record->settled) {
            end_of_request(record);
        } else {
            record_failed(record, failure, now, pause);
        }
    }
}

// The records keep their places at the head of their lanes, and go as they stand.
void Core::halve(const Request& refused) {
    std::vector<Pending*> records;
    for (Pending* record : refused.records) {
        if (record->settled) {
            end_of_request(record);
        } else {
            record->in_flight = false;
            records.push_back(record);
        }
    }
    const auto middle = records.begin() + static_cast<std::ptrdiff_t>((records.size() + 1) / 2);
    if (records.begin() != middle) halves_.emplace_back(records.begin(), middle);
    if (middle != records.end()) halves_.emplace_back(middle, records.end());
}

void Core::record_failed(Pending* record, const Failure& failure, TimePoint now, Duration pause) {
    record->in_flight = false;
    record->may_have_been_stored |= failure.may_have_been_stored;
    const bool again = failure.kind != FailureClass::final && failure.kind != FailureClass::invalid;
    if (again && now + pause < record->deadline) {
        again_at(record, now + pause);
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

void Core::again_at(Pending* record, TimePoint when) {
    later_.push_back({when, record});
    std::push_heap(later_.begin(), later_.end(), later_than);
}

void Core::settle(Pending* record, Ending ending, Error error, std::string_view shard,
                  std::string_view sequence_number) {
    Generations::Tally& tally = generations_.settled(record->generation);
    switch (ending) {
        case Ending::published: ++tally.published; break;
        case Ending::failed: ++tally.failed; break;
        case Ending::unknown: ++tally.unknown; break;
    }
    record->settled = true;
    all_.remove(record);
    settled_.push_back(
        {record, ending, shard, sequence_number, std::move(error), !record->in_flight});
    // A lane stays closed while a request may still store this record.
    if (!record->in_flight) leave(record);
}

// The record is in no request and no queue any more; the next of its key may go.
void Core::leave(Pending* record) {
    if (record->lane == 0) return;
    if (Pending* const next = lanes_.remove(record)) make_ready(next, last_activity_);
}

void Core::end_of_request(Pending* record) {
    record->in_flight = false;
    released_.push_back(record);
    leave(record);
}

bool Core::wants_stream_limit(TimePoint now) {
    if (parked_.empty() || limit_state_ != Limit::unasked || now < ask_limit_at_) return false;
    limit_state_ = Limit::asked;
    return true;
}

void Core::stream_limit_is(std::size_t max_record_bytes, TimePoint now) {
    limit_state_ = Limit::known;
    record_limit_ = std::clamp(max_record_bytes, default_record_limit, highest_record_limit);
    PendingQueue waiting = parked_;
    parked_ = {};
    while (!waiting.empty()) make_ready(waiting.pop_front(), now);
}

void Core::stream_limit_unknown(const Failure& failure, TimePoint now) {
    if (failure.kind != FailureClass::final && failure.kind != FailureClass::invalid) {
        limit_state_ = Limit::unasked;
        ask_limit_at_ = now + pace_.pause(4);
        return;
    }
    limit_state_ = Limit::unknowable;
    PendingQueue waiting = parked_;
    parked_ = {};
    while (!waiting.empty()) make_ready(waiting.pop_front(), now);
}

void Core::advance(TimePoint now) {
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
    for (auto& [id, request] : requests_) {
        for (Pending* record : request.records) end_of_request(record);
    }
    requests_.clear();
}

// Takes records that are about to be settled out of whichever queue they wait in. Rare, so one
// pass over all queues will do.
void Core::doom(const std::vector<Pending*>& records) {
    for (Pending* record : records) record->doomed = true;
    const auto doomed = [](const Pending* record) { return record->doomed; };
    ready_.remove_if([&](const Pending* record) {
        if (doomed(record)) ready_bytes_ -= record->counted_bytes();
        return doomed(record);
    });
    parked_.remove_if(doomed);
    std::erase_if(later_, [&](const Later& one) { return doomed(one.record); });
    std::make_heap(later_.begin(), later_.end(), later_than);
    for (auto& half : halves_) std::erase_if(half, doomed);
    std::erase_if(halves_, [](const auto& half) { return half.empty(); });
}

Error Core::too_late(const Pending& record) const {
    const auto within =
        std::chrono::duration_cast<std::chrono::milliseconds>(options_.deliver_within).count();
    return {
        ErrorCode::not_in_time,
        "not acknowledged within " + std::to_string(within) + " ms of dispatch() (deliver_within)",
        record.in_flight || record.may_have_been_stored, record.attempts};
}

TimePoint Core::next_moment(TimePoint now) const {
    TimePoint next = never;
    const auto at = [&next](TimePoint when) { next = std::min(next, when); };
    if (!all_.empty()) at(all_.oldest()->deadline);
    if (!later_.empty()) at(later_.front().when);
    if (!parked_.empty() && limit_state_ == Limit::unasked) at(ask_limit_at_);
    if (!saturated()) {
        if (!halves_.empty()) at(held_until_);
        if (!ready_.empty()) {
            at(std::max(held_until_, due(now) ? now : ready_due_));
        }
    }
    return next;
}

}  // namespace lk::pipeline
