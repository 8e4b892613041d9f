#include "pipeline/driver.hpp"

#include <algorithm>
#include <exception>

namespace lk::pipeline {
namespace {

// A client of ours times out by itself and says more about why; it gets this much longer.
constexpr std::chrono::seconds grace{1};

// While all places for requests are taken nothing new can be sent, but the deadlines of what is
// written meanwhile count from when it is seen.
constexpr std::chrono::milliseconds saturated_nap{50};

std::unique_ptr<Settlement> settlement_of(const Settled& settled) {
    auto made = std::make_unique<Settlement>();
    const Pending& pending = *settled.record;
    made->attempts = pending.attempts;
    if (settled.ending != Ending::published) {
        made->error = settled.error;
        return made;
    }
    const Record record = record_of(pending);
    made->published = true;
    made->is_envelope = pending.is_envelope;
    made->may_be_duplicate = pending.may_have_been_stored;
    made->data_bytes = pending.data_bytes;
    made->key_bytes = pending.is_envelope ? 0 : pending.key_bytes;
    made->shard_bytes = static_cast<std::uint32_t>(settled.shard_id.size());
    made->text.reserve(pending.data_bytes + made->key_bytes + settled.shard_id.size() +
                       settled.sequence_number.size());
    made->text.append(record.data)
        .append(record.partition_key.substr(0, made->key_bytes))
        .append(settled.shard_id)
        .append(settled.sequence_number);
    return made;
}

}  // namespace

Driver::Driver(DriverOptions options)
    : loop_(std::move(options.loop)),
      client_(std::move(options.client)),
      stream_(std::make_shared<const std::string>(std::move(options.stream))),
      request_timeout_(options.request_timeout),
      inbox_(std::make_shared<Inbox>(loop_, std::move(options.log))),
      budget_(options.budget_bytes),
      doorbell_(loop_),
      intake_(budget_, doorbell_, std::move(options.completions)),
      core_(options.core),
      unheard_(inbox_) {}

std::shared_ptr<FlushWait> Driver::flush(TimePoint deadline) {
    return add_wait(deadline, false);
}

std::shared_ptr<FlushWait> Driver::close(TimePoint deadline) {
    intake_.close();
    budget_.close();
    return add_wait(deadline, true);
}

std::shared_ptr<FlushWait> Driver::add_wait(TimePoint deadline, bool closes) {
    auto waiter = std::make_shared<FlushWait>();
    {
        const std::lock_guard lock(mutex_);
        if (gone_) {
            waiter->finish({});
            return waiter;
        }
        new_waits_.push_back({waiter, intake_.end_generation(), deadline, closes});
    }
    loop_->wake();
    return waiter;
}

TimePoint Driver::turn(TimePoint now) {
    doorbell_.listen(Doorbell::Listens::to_nothing);
    do {
        take_waits();
        take_records(now);
        take_answers(now);
        give_up_on_requests(now);
        core_.advance(now);
        settle(now);
        ask_about_stream(now);
        send_requests(now);
        settle(now);
        finish_waits(now);
        if (gone_) return never;
        // Listen first, look once more then: see Doorbell.
        doorbell_.listen(listens_for());
    } while (take_records(now));
    return next_moment(now);
}

// The flushes first, then the records: so each record written before a flush() is in hand when the
// flush is looked at.
void Driver::take_waits() {
    const std::lock_guard lock(mutex_);
    for (Wait& wait : new_waits_) {
        core_.hurry(wait.generation);
        waits_.push_back(std::move(wait));
    }
    new_waits_.clear();
}

bool Driver::take_records(TimePoint now) {
    return intake_.drain([&](Pending* record) { core_.accept(record, now); });
}

void Driver::take_answers(TimePoint now) {
    Inbox::Facts facts;
    inbox_->take(answers_, facts);
    for (const Inbox::Answer& answer : answers_) {
        if (answer.result) {
            core_.answered(answer.id, *answer.result, now);
        } else {
            const Failure& failure = answer.result.error();
            inbox_->log(log_warning, "PutRecords to " + *stream_ + " failed: " + failure.message);
            core_.failed(answer.id, failure, now);
        }
        settle(now);
    }
    answers_.clear();
    if (facts.limit) take_limit(*facts.limit, now);
    if (facts.shards) take_shards(*facts.shards, now);
}

void Driver::take_limit(const Inbox::Limit& limit, TimePoint now) {
    limit_expires_ = never;
    if (limit) {
        core_.stream_limit_is(limit->max_record_bytes, now);
        return;
    }
    inbox_->log(log_warning, "the record limit of " + *stream_ +
                                 " is not known, so records over 1 MiB are sent one by one: " +
                                 limit.error().message);
    core_.stream_limit_unknown(limit.error(), now);
}

void Driver::take_shards(const Inbox::Shards& shards, TimePoint now) {
    shards_expire_ = never;
    if (shards) {
        core_.shards_are(*shards, now);
        return;
    }
    inbox_->log(log_warning,
                "the shards of " + *stream_ +
                    " are not known (records are then not aggregated): " + shards.error().message);
    core_.shards_unknown(shards.error(), now);
}

void Driver::give_up_on_requests(TimePoint now) {
    while (!expiries_.empty()) {
        const Expiry expiry = expiries_.front();
        if (core_.in_flight(expiry.id)) {
            if (now < expiry.when) break;
            const std::string message = "the Kinesis client did not answer a request within " +
                                        std::to_string(request_timeout_.count()) +
                                        " ms (request_timeout)";
            inbox_->log(log_warning, message);
            core_.failed(expiry.id,
                         {FailureClass::transient, ErrorCode::network, {}, message, true}, now);
        }
        expiries_.pop_front();
    }
    const auto gives_up = [now](TimePoint& expiry) {
        if (now < expiry) return false;
        expiry = never;
        return true;
    };
    const Failure no_answer{FailureClass::transient, ErrorCode::network, {}, {}, false};
    if (gives_up(limit_expires_)) core_.stream_limit_unknown(no_answer, now);
    if (gives_up(shards_expire_)) core_.shards_unknown(no_answer, now);
}

void Driver::ask_about_stream(TimePoint now) {
    const auto ask = [&]<class Answer>(TimePoint& expiry, auto call) {
        expiry = now + request_timeout_ + grace;
        try {
            call([inbox = inbox_](Answer answer) { inbox->add(std::move(answer)); });
        } catch (const std::exception& thrown) {
            inbox_->add(Answer(
                Failure{FailureClass::final, ErrorCode::client_failed, {}, thrown.what(), false}));
        }
    };
    if (core_.wants_stream_limit(now)) {
        ask.operator()<Inbox::Limit>(limit_expires_, [&](DescribeDone done) {
            client_->describe_stream_summary(*stream_, std::move(done));
        });
    }
    if (core_.wants_shards(now)) {
        ask.operator()<Inbox::Shards>(shards_expire_, [&](ListShardsDone done) {
            client_->list_shards(*stream_, std::move(done));
        });
    }
}

void Driver::send_requests(TimePoint now) {
    while (const Core::Request* request = core_.next_request(now)) {
        expiries_.push_back({request->id, now + request_timeout_ + grace});
        PutRequest::send(std::make_shared<PutRequest>(inbox_, stream_, *request, request_timeout_),
                         *client_);
    }
}

void Driver::settle(TimePoint now) {
    std::size_t bytes = 0;
    for (Settled& settled : core_.settled()) {
        Pending* const record = settled.record;
        bytes += Intake::held_bytes(record->cbor_bytes);
        if (record->slot->wanted()) {
            record->slot->settle(settlement_of(settled));
        } else {
            if (settled.ending != Ending::published) unheard_.add(settled.error);
            record->slot->settle(nullptr);
        }
        if (settled.released) Intake::release(record);
    }
    core_.settled().clear();
    for (Pending* record : core_.released()) Intake::release(record);
    core_.released().clear();
    if (bytes != 0) budget_.give_back(bytes);
    unheard_.tell(now);
}

void Driver::finish_waits(TimePoint now) {
    bool closed = false;
    for (const Wait& wait : waits_) {
        const bool settled = !core_.generations().any_unsettled_up_to(wait.generation);
        if (!settled && now < wait.deadline) continue;
        if (wait.closes) {
            if (!settled) {
                core_.fail_all({ErrorCode::not_in_time,
                                "not acknowledged before the deadline of close()", false, 0});
            }
            core_.abandon_requests();
            settle(now);
            closed = true;
        }
    }
    std::erase_if(waits_, [&](const Wait& wait) {
        if (!closed && core_.generations().any_unsettled_up_to(wait.generation) &&
            now < wait.deadline) {
            return false;
        }
        finish(wait);
        return true;
    });
    if (!closed) return;
    std::vector<Wait> too_late;
    {
        const std::lock_guard lock(mutex_);
        gone_ = true;
        too_late.swap(new_waits_);
    }
    for (const Wait& wait : too_late) wait.waiter->finish({});
    inbox_->close();
    loop_->detach(this);
}

void Driver::finish(const Wait& wait) {
    const Generations::Tally tally = core_.generations().take_up_to(wait.generation);
    wait.waiter->finish({tally.published, tally.failed, tally.unknown, tally.unsettled});
}

Doorbell::Listens Driver::listens_for() const {
    if (core_.saturated()) return Doorbell::Listens::to_nothing;
    return core_.lingering() ? Doorbell::Listens::to_full_pages : Doorbell::Listens::to_everything;
}

TimePoint Driver::next_moment(TimePoint now) {
    TimePoint next =
        std::min({core_.next_moment(now), limit_expires_, shards_expire_, unheard_.next_moment()});
    if (!expiries_.empty() && !core_.empty()) next = std::min(next, expiries_.front().when);
    for (const Wait& wait : waits_) next = std::min(next, wait.deadline);
    if (core_.saturated()) next = std::min(next, now + saturated_nap);
    return next;
}

}  // namespace lk::pipeline
