#include <cinttypes>
#include <utility>

#include "sim/producer.hpp"

// What comes back from the client, and what does not come.
namespace lk::sim {
namespace {

Failure not_ready() {
    Failure failure;
    failure.kind = FailureClass::not_ready;
    return failure;
}

}  // namespace

void Producer::take_answers(TimePoint now) {
    pipeline::Inbox::Facts facts;
    inbox_->take(answers_, facts);
    for (const pipeline::Inbox::Answer& answer : answers_) {
        tell(answer.id, answer.result, now);
        settle();
    }
    answers_.clear();
    take_facts(facts, now);
}

void Producer::take_facts(pipeline::Inbox::Facts& facts, TimePoint now) {
    if (facts.stream) {
        limit_expires_ = never;
        ++progress_;
        if (*facts.stream || facts.stream->error().kind == FailureClass::final) {
            stream_is_certain_ = true;
        }
        if (*facts.stream) {
            core_.stream_is(**facts.stream, now);
        } else {
            core_.stream_unknown(facts.stream->error(), now);
        }
    }
    if (facts.shards) {
        shards_expire_ = never;
        ++progress_;
        around_.checks.shards_answered(number_, facts.shards->has_value());
        if (*facts.shards) {
            core_.shards_are(**facts.shards, now);
        } else {
            core_.shards_unknown(facts.shards->error(), now);
        }
    }
}

void Producer::tell(std::uint64_t request, const Expected<PutRecordsAnswer, Failure>& result,
                    TimePoint now) {
    // Of a request that was given up on the core does not want to know more.
    if (const auto found = requests_.find(request); found != requests_.end()) {
        ++progress_;
        const std::shared_ptr<SentRequest> sent = std::move(found->second);
        requests_.erase(found);
        for (const Strike& strike : sent->strikes) {
            SentRequest struck{number_, sent->number, 0, {}, {}};
            if (strike.record == Strike::all) {
                around_.coverage.met(strike.fault, lane_states_of(*sent));
            } else {
                struck.records.push_back(sent->records[strike.record]);
                around_.coverage.met(strike.fault, lane_states_of(struck));
            }
        }
        // Until somebody knows better a stream that is not there may be one that is being created.
        const bool may_be_creating =
            !result && !stream_is_certain_ && result.error().code == ErrorCode::stream_not_found;
        around_.checks.ended(*sent, may_be_creating ? not_ready() : result, now);
    }
    if (result) {
        stream_is_certain_ = true;
        core_.answered(request, *result, now);
    } else {
        core_.failed(request, result.error(), now);
    }
}

void Producer::give_up(TimePoint now) {
    while (!expiries_.empty()) {
        const Expiry expiry = expiries_.front();
        if (core_.in_flight(expiry.request)) {
            if (now < expiry.when) break;
            around_.trace.line("producer %u: gives up on request %" PRIu64, number_,
                               expiry.request);
            tell(expiry.request,
                 Failure{FailureClass::transient, ErrorCode::network, {}, "no answer", true}, now);
        }
        expiries_.pop_front();
    }
    const Failure no_answer{FailureClass::transient, ErrorCode::network, {}, {}, false};
    if (limit_expires_ <= now) {
        limit_expires_ = never;
        core_.stream_unknown(no_answer, now);
    }
    if (shards_expire_ <= now) {
        shards_expire_ = never;
        around_.checks.shards_answered(number_, false);
        core_.shards_unknown(no_answer, now);
    }
}

}  // namespace lk::sim
