// What is asked about the stream: its facts (whether it exists, its record limit) and its shards.

#include <algorithm>

#include "pipeline/core.hpp"

namespace lk::pipeline {
namespace {

// A record that the known limit refuses asks again at most so often.
constexpr Duration limit_holds = std::chrono::minutes(1);
// A refusal to tell is believed for so long.
constexpr Duration refusal_holds = std::chrono::minutes(5);

}  // namespace

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
    facts_.answered(now + limit_holds);
    record_limit_ =
        std::clamp(summary.max_record_bytes, default_record_limit, highest_record_limit);
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
    facts_.not_answered(failure, now, pace_);
    if (facts_.state == Question::State::unknowable) unpark(now);
}

// Some services say of a stream in creation that it is not there.
bool Core::may_be_creating() const noexcept {
    return !exists_ && !facts_.was_refused;
}

void Core::unpark(TimePoint now) {
    PendingQueue waiting = parked_;
    parked_ = {};
    while (!waiting.empty()) make_ready(waiting.pop_front(), now);
}

// What was refused is not asked again for the sake of an idle stream.
bool Core::may_ask_for_shards() const noexcept {
    const bool was_refused = shards_.state == Question::State::unknowable;
    return shards_.wanted && shards_.is_open() && !(was_refused && all_.empty());
}

bool Core::wants_shards(TimePoint now) {
    return may_ask_for_shards() && shards_.ask(now);
}

void Core::shards_are(std::span<const Shard> open_shards, TimePoint now) {
    if (!sending_.shards().told(open_shards)) {
        // Listed in the middle of a split, perhaps.
        shards_unknown({FailureClass::transient, ErrorCode::bad_answer, {}, {}, false}, now);
        return;
    }
    shards_.answered(now);
    // It was resharded in truth, and may be again: a long one goes shard by shard.
    if (sending_.shards().is_open(landed_instead_)) wrong_lists_ = 0;
    sending_.aggregate(true);
    sending_.shards_changed();
}

void Core::shards_unknown(const Failure& failure, TimePoint now) {
    shards_.not_answered(failure, now, pace_);
    if (shards_.state == Question::State::unknowable) {
        sending_.aggregate(false);
        sending_.shards().forget();
        sending_.shards_changed();
    }
}

bool Core::Question::ask(TimePoint now) noexcept {
    if (!wanted || !is_open() || now < ask_at) return false;
    state = State::asked;
    return true;
}

void Core::Question::answered(TimePoint again) noexcept {
    state = State::known;
    was_answered = true;
    was_refused = false;
    in_vain = 0;
    ask_at = again;
}

void Core::Question::not_answered(const Failure& failure, TimePoint now, RetryPace& pace) noexcept {
    const bool refused =
        failure.kind == FailureClass::final || failure.kind == FailureClass::invalid;
    state = refused ? State::unknowable : State::unasked;
    was_answered = true;
    was_refused |= refused;
    // Up to 0.8 s at first.
    ask_at = now + (refused ? refusal_holds : pace.pause(4 + in_vain++));
}

}  // namespace lk::pipeline
