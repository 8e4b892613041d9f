#include "sim/network.hpp"

#include <cinttypes>
#include <utility>

namespace lk::sim {
namespace {

using namespace std::chrono_literals;

Failure no_answer(const char* how, bool may_be_stored) {
    return {FailureClass::transient, ErrorCode::network, {}, how, may_be_stored};
}

Failure failure_of(const ServiceError& error) {
    return classify_answer(error.http_status, error.code, error.message);
}

}  // namespace

void Network::put_records(const Sent& request, Duration timeout, PutRecordsDone done) {
    if (lose(request, timeout, done)) return;
    const Duration there = one_way();
    Duration back = one_way();
    if (faults_.strikes(Fault::slow_answers, *request)) back += random_.between(100ms, 20s);
    if (there + back < timeout) {
        time_.after(there, [this, back, request, done = std::move(done)]() mutable {
            Put answer = answer_to(*request);
            time_.after(back,
                        [done = std::move(done), answer = std::move(answer)] { done(answer); });
        });
        return;
    }
    // Too slow for the client's patience: what it did is never heard of.
    break_off(request, timeout, "timed out", true, done);
    time_.after(there, [this, request] { answer_to(*request); });
}

// The faults that end a request on its way.
bool Network::lose(const Sent& request, Duration timeout, const PutRecordsDone& done) {
    const auto commit_after = [&](Duration pause) {
        time_.after(pause, [this, request] { kinesis_.put_records(*request); });
    };
    if (faults_.strikes(Fault::refused, *request)) {
        break_off(request, one_way(), "connection refused", false, done);
    } else if (faults_.strikes(Fault::reset_before_commit, *request)) {
        break_off(request, one_way(), "connection reset", true, done);
    } else if (faults_.strikes(Fault::reset_after_commit, *request)) {
        const Duration there = one_way();
        commit_after(there);
        break_off(request, there + one_way(), "connection reset", true, done);
    } else if (faults_.strikes(Fault::lost_before_commit, *request)) {
        break_off(request, timeout, "timed out", true, done);
    } else if (faults_.strikes(Fault::lost_after_commit, *request)) {
        commit_after(one_way());
        break_off(request, timeout, "timed out", true, done);
    } else if (faults_.strikes(Fault::late_commit)) {
        time_.after(random_.between(timeout, timeout + 60s), [this, request] {
            if (on_late_commit) on_late_commit(*request);
            kinesis_.put_records(*request);
        });
        break_off(request, timeout, "timed out", true, done);
    } else if (faults_.strikes(Fault::never_answers, *request)) {
        never_answer(request, done);
    } else {
        return false;
    }
    return true;
}

// The client keeps the request for a while, and at last lets go of it, or answers after all.
void Network::never_answer(const Sent& request, const PutRecordsDone& done) {
    trace_.line("network: nobody will answer request %" PRIu64 " of producer %u in time",
                request->number, request->producer);
    if (random_.chance(0.5)) {
        time_.after(one_way(), [this, request] { kinesis_.put_records(*request); });
    }
    const bool answers = random_.chance(0.3);
    time_.after(random_.between(30s, 120s), [done, answers] {
        if (answers) done(no_answer("very late", true));
    });
}

void Network::break_off(const Sent& request, Duration when, const char* how, bool may_be_stored,
                        const PutRecordsDone& done) {
    time_.after(when, [this, done, how, may_be_stored, number = request->number,
                       producer = request->producer] {
        trace_.line("network: request %" PRIu64 " of producer %u: %s", number, producer, how);
        done(no_answer(how, may_be_stored));
    });
}

Network::Put Network::answer_to(SentRequest& request) {
    const ServiceError unavailable{503, "ServiceUnavailable", "try again"};
    const bool fails = faults_.strikes(Fault::server_error, request);
    if (fails && random_.chance(0.5)) return failure_of(unavailable);
    KinesisModel::PutAnswer answer = kinesis_.put_records(request);
    if (fails) return failure_of({500, "InternalFailure", "it broke"});
    if (const auto* error = std::get_if<ServiceError>(&answer)) return failure_of(*error);
    if (faults_.strikes(Fault::garbage_answer, request)) {
        return Failure{FailureClass::transient, ErrorCode::bad_answer, {}, "garbage", true};
    }
    return std::get<PutRecordsAnswer>(std::move(answer));
}

void Network::list_shards(Asker asker, ListShardsDone done) {
    if (faults_.strikes(Fault::shards_silent, asker.producer)) return;
    time_.after(one_way(), [this, asker, done = std::move(done)] {
        KinesisModel::ListAnswer answer = kinesis_.list_shards(asker.producer, asker.credentials);
        time_.after(one_way(), [done, answer = std::move(answer)] {
            if (const auto* error = std::get_if<ServiceError>(&answer)) {
                done(failure_of(*error));
            } else {
                done(std::get<std::vector<Shard>>(answer));
            }
        });
    });
}

void Network::describe(Asker asker, DescribeDone done) {
    if (faults_.strikes(Fault::limit_silent, asker.producer)) return;
    time_.after(one_way(), [this, asker, done = std::move(done)] {
        KinesisModel::DescribeAnswer answer = kinesis_.describe(asker.producer, asker.credentials);
        time_.after(one_way(), [done, answer = std::move(answer)] {
            if (const auto* error = std::get_if<ServiceError>(&answer)) {
                done(failure_of(*error));
            } else {
                done(std::get<StreamSummary>(answer));
            }
        });
    });
}

}  // namespace lk::sim
