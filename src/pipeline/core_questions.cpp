// What is asked about the stream: its facts (whether it exists, its record limit) and its shards.

#include <algorithm>

#include "pipeline/core.hpp"

namespace lk::pipeline {

// Nobody is asked for the sake of an idle stream, but once at the start.
bool Core::wants_facts() const noexcept {
    return !parked_.empty() || (!exists_ && !all_.empty()) ||
           (options_.asks_at_start && !facts_.was_answered);
}

bool Core::wants_stream_facts(TimePoint now) {
    facts_.wanted = wants_facts();
    return facts_.ask(now);
}

void Core::stream_is(const StreamSummary& summary, TimePoint now) {
    record_limit_ =
        std::clamp(summary.max_record_bytes, default_record_limit, highest_record_limit);
    facts_.was_answered = true;
    facts_.state = Question::State::known;
    exists_ = summary.status != "CREATING";
    // One that is UPDATING takes records
    // (https://docs.aws.amazon.com/kinesis/latest/APIReference/API_StreamDescriptionSummary.html),
    // but its limit may be what is being updated.
    if (!exists_ || summary.status == "UPDATING") {
        facts_.state = Question::State::unasked;
        facts_.ask_at = now + RetryPace::not_ready;
    }
    unpark(now);
}

void Core::stream_unknown(const Failure& failure, TimePoint now) {
    facts_.not_answered(failure, now + pace_.pause(4));
    if (facts_.state == Question::State::unknowable) unpark(now);
}

// Some services say of a stream in creation that it is not there.
bool Core::may_be_creating() const noexcept {
    return !exists_ && facts_.state != Question::State::unknowable;
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

}  // namespace lk::pipeline
