// What is asked about the stream: its record limit and its shards.

#include <algorithm>

#include "pipeline/core.hpp"

namespace lk::pipeline {

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

}  // namespace lk::pipeline
