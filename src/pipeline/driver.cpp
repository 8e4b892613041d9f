#include "pipeline/driver.hpp"

#include <algorithm>

namespace lk::pipeline {
namespace {

// A client of ours times out by itself and says more about why; it gets this much longer.
constexpr std::chrono::seconds grace{1};

// While all places for requests are taken nothing new can be sent, but the deadlines of what is
// written meanwhile count from when it is seen.
constexpr std::chrono::milliseconds saturated_nap{50};

CoreOptions with_hash_keys(CoreOptions options) {
    options.sending.hash_keys_of = hash_keys_of;
    return options;
}

IntakeOptions intake_options(const outbox::StreamOutbox* outbox) {
    if (outbox == nullptr) return {};
    return {.has_outbox = true, .hash_seed = outbox->fingerprint_seed()};
}

// Walking all records to find those that keep a page alive is worth it now and then.
constexpr std::chrono::milliseconds between_compactions{100};

// Load that comes back sooner finds its memory still there.
constexpr std::chrono::seconds idle_before_trim{2};

}  // namespace

Driver::Driver(DriverOptions options)
    : loop_(std::move(options.loop)),
      client_(std::move(options.client)),
      stream_(std::make_shared<const std::string>(std::move(options.stream))),
      request_timeout_(options.request_timeout),
      inbox_(std::make_shared<Inbox>(loop_, std::move(options.log))),
      budget_(std::make_shared<Budget>(options.budget)),
      doorbell_(loop_),
      intake_(budget_, doorbell_, options.completions, intake_options(options.outbox.get())),
      core_(with_hash_keys(std::move(options.core))),
      questions_(core_, client_, stream_, inbox_, request_timeout_ + grace),
      stage_(options.outbox == nullptr
                 ? nullptr
                 : std::make_unique<OutboxStage>(
                       OutboxStage::Options{std::move(options.outbox), loop_, inbox_, *stream_},
                       core_, intake_, *budget_)),
      observers_(std::move(options.observers), std::move(options.completions)),
      unheard_(inbox_),
      paused_(budget_) {}

std::shared_ptr<FlushWait> Driver::flush(TimePoint deadline) {
    return add_wait(deadline, false);
}

std::shared_ptr<FlushWait> Driver::close(TimePoint deadline) {
    intake_.close();
    budget_->close();
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

bool Driver::resume(std::uint64_t lane, std::optional<Error> error) {
    const bool discards = error.has_value();
    const outbox::PageId last_page = stage_ ? stage_->last_page() : 0;
    if (!paused_.remove(lane)) return false;
    {
        const std::lock_guard lock(mutex_);
        // What is dispatched after a discard() is not meant, whenever the core hears of either.
        const std::uint32_t generation = discards ? intake_.end_generation() : 0;
        new_resumes_.push_back({lane, std::move(error), generation});
    }
    loop_->wake();
    if (stage_ && discards) stage_->persist_discard(lane, last_page);
    return true;
}

TimePoint Driver::turn(TimePoint now) {
    doorbell_.listen(Doorbell::Listens::to_nothing);
    bool must_hurry = false;
    do {
        take_wishes(now);
        take_records(now);
        take_answers(now);
        give_up_on_requests(now);
        advance(now);
        if (stage_) {
            stage_->turn(now, shared_from_this());
            // What came back from the disk may be late already.
            advance(now);
        }
        core_.budget_is_short(budget_->is_sought() || budget_->is_half_full() || must_hurry);
        questions_.ask(now);
        questions_.warn_where_limit_matters();
        send_requests(now);
        settle(now);
        finish_waits(now);
        if (gone_) return never;
        look_after_budget(now);
        // Listen first, look once more then: see Doorbell.
        doorbell_.listen(listens_for());
        must_hurry = room_is_short_anew();
    } while (take_records(now) || must_hurry);
    return next_moment(now);
}

// What lingers might go, and somebody wanted its room while nobody listened.
bool Driver::room_is_short_anew() {
    return core_.lingering() && !core_.is_budget_short() &&
           (budget_->is_sought() || budget_->is_half_full());
}

// The flushes first, then the records: so each record written before a flush() is in hand when the
// flush is looked at.
void Driver::take_wishes(TimePoint now) {
    std::vector<Resume> resumes;
    {
        const std::lock_guard lock(mutex_);
        for (Wait& wait : new_waits_) {
            core_.hurry(wait.generation);
            waits_.push_back(std::move(wait));
        }
        new_waits_.clear();
        resumes.swap(new_resumes_);
    }
    for (const Resume& wish : resumes) {
        if (wish.error) {
            while (core_.discard(wish.lane, *wish.error, wish.generation) ==
                   Core::Discarded::some) {
                settle(now);
            }
            discarded_up_to_ = wish.generation;
            if (stage_) stage_->discarded(wish.lane, *wish.error, wish.generation);
        } else {
            core_.resume(wish.lane, now);
            if (stage_) stage_->resumed(wish.lane);
        }
        settle(now);
    }
    if (resumes.empty()) return;
    // A discard() begins a generation, of which nobody will ask.
    std::uint32_t unasked_up_to = discarded_up_to_;
    for (const Wait& wait : waits_) unasked_up_to = std::min(unasked_up_to, wait.generation);
    core_.join_generations_up_to(unasked_up_to);
}

bool Driver::take_records(TimePoint now) {
    return intake_.drain(
        [&](Pending* record) { stage_ ? stage_->take(record, now) : core_.accept(record, now); });
}

void Driver::advance(TimePoint now) {
    while (core_.advance(now)) settle(now);
    settle(now);
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
        tell_if_waited_out();
    }
    answers_.clear();
    questions_.take_answers(facts, now);
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
    questions_.give_up(now);
}

void Driver::send_requests(TimePoint now) {
    while (const Core::Request* request = core_.next_request(now)) {
        expiries_.push_back({request->id, now + request_timeout_ + grace});
        PutRequest::send(std::make_shared<PutRequest>(inbox_, stream_, *request, request_timeout_,
                                                      aggregate_writer_),
                         *client_);
    }
}

void Driver::settle(TimePoint now) {
    if (core_.settled().empty() && core_.released().empty()) return;
    // First: who sees that an event failed finds its key paused.
    if (!core_.newly_paused().empty()) {
        paused_.add(core_.newly_paused());
        if (stage_) {
            for (const std::uint64_t lane : core_.newly_paused()) stage_->paused(lane);
        }
        budget_->look_again();
        core_.newly_paused().clear();
    }
    Budget::Return returned;
    for (Settled& settled : core_.settled()) {
        tell(settled);
        if (settled.released) release(settled.record, returned);
    }
    core_.settled().clear();
    observers_.end_of_batch();
    for (Pending* record : core_.released()) release(record, returned);
    core_.released().clear();
    intake_.give_back_released();
    budget_->give_back(returned);
    unheard_.tell(now);
}

void Driver::tell(Settled& settled) {
    const Pending& record = *settled.record;
    if (record.slot != nullptr && record.slot->wanted()) {
        const bool no_more = settled.ending == Ending::published && !record.slot->wants_event();
        record.slot->settle(no_more ? nullptr : settlement_of(settled));
    } else {
        if (settled.is_lost()) unheard_.add(settled.error);
        if (record.slot != nullptr) record.slot->settle_unwanted();
    }
    if (settled.ending == Ending::kept) return stage_->left(record);
    if (observers_.want(settled)) {
        // A dead letter is forgotten when somebody has it.
        observers_.add(settled, record.is_kept() ? stage_->settled_later(record) : nullptr);
    } else if (record.is_kept()) {
        stage_->settled(record);
    }
}

void Driver::tell_if_waited_out() {
    const Failure* const failure = core_.waited_out();
    if (waits_out_ == (failure != nullptr)) return;
    waits_out_ = failure != nullptr;
    if (waits_out_) {
        inbox_->log(log_error, *stream_ +
                                   ": events wait in the outbox, and one request looks every "
                                   "30 s whether this has been mended: " +
                                   failure->message);
    } else {
        inbox_->log(log_info, *stream_ + ": events are taken again");
    }
}

void Driver::release(Pending* record, Budget::Return& returned) {
    if (stage_) stage_->released(*record);
    budget_->settled(*record, returned);
    intake_.release(record);
}

void Driver::look_after_budget(TimePoint now) {
    if (core_.sending().full_version() != full_shards_version_) {
        full_shards_version_ = core_.sending().full_version();
        budget_->shards_are_full(core_.sending().full_shards());
    }
    if (now >= may_compact_at_ && wants_compaction()) {
        intake_.trim_slabs();
        intake_.compact(core_.oldest());
        may_compact_at_ = now + between_compactions;
    }
    if (!core_.empty()) {
        trim_at_ = now + idle_before_trim;
    } else if (now >= trim_at_) {
        trim_at_ = never;
        intake_.trim();
    }
}

// Who waits for room may wait for nothing else.
bool Driver::wants_compaction() const {
    return budget_->is_half_full() &&
           (intake_.wasted_bytes() + budget_->unused_slabs()) * 4 > budget_->bytes();
}

bool Driver::is_over(const Wait& wait, TimePoint now) const {
    const Generations& generations = core_.generations();
    // close() also waits for those in paused lanes: until its deadline somebody may resume them.
    const bool waits = wait.closes ? generations.any_unsettled_up_to(wait.generation) ||
                                         (stage_ && !(stage_->empty() && core_.empty()))
                                   : generations.any_moving_up_to(wait.generation);
    return !waits || now >= wait.deadline;
}

// What is not settled is on the disk first.
bool Driver::may_end(const Wait& wait, TimePoint now) {
    return wait.closes && is_over(wait, now) &&
           (stage_ == nullptr || stage_->may_end(now, wait.deadline));
}

void Driver::end(TimePoint now) {
    Error kept{ErrorCode::kept,
               "not acknowledged before close(); it is in the outbox, and the next run sends it",
               false, 0};
    if (stage_) stage_->end(now, kept);
    const Error late{ErrorCode::not_in_time, "not acknowledged before the deadline of close()",
                     false, 0};
    while (core_.fail_all(late, kept)) settle(now);
    settle(now);
}

void Driver::finish_waits(TimePoint now) {
    // Several may be, and each by itself ends all.
    const bool closed = std::any_of(waits_.begin(), waits_.end(),
                                    [&](const Wait& wait) { return may_end(wait, now); });
    if (closed) {
        end(now);
        core_.abandon_requests();
        settle(now);
        unheard_.tell_all(now);
    }
    std::erase_if(waits_, [&](const Wait& wait) {
        if (!closed && (wait.closes || !is_over(wait, now))) return false;
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
    const std::uint64_t earlier = wait.closes ? core_.generations().take_earlier_kept() : 0;
    wait.waiter->finish({.published = tally.published,
                         .failed = tally.failed,
                         .unknown = tally.unknown,
                         .timed_out = tally.unsettled - tally.paused,
                         .paused = tally.paused,
                         .kept = tally.kept + earlier});
}

Doorbell::Listens Driver::listens_for() const {
    // What comes is stored at once, or with the next commit, whatever becomes of it then.
    if (stage_) {
        return stage_->is_writing() ? Doorbell::Listens::to_full_pages
                                    : Doorbell::Listens::to_everything;
    }
    if (core_.saturated()) return Doorbell::Listens::to_nothing;
    if (!core_.lingering()) return Doorbell::Listens::to_everything;
    return core_.is_budget_short() ? Doorbell::Listens::to_full_pages
                                   : Doorbell::Listens::to_full_pages_and_half_budgets;
}

TimePoint Driver::next_moment(TimePoint now) {
    TimePoint next = std::min({core_.next_moment(now), questions_.next_moment(),
                               unheard_.next_moment(), core_.empty() ? trim_at_ : never});
    if (!expiries_.empty() && !core_.empty()) next = std::min(next, expiries_.front().when);
    for (const Wait& wait : waits_) {
        if (now < wait.deadline) next = std::min(next, wait.deadline);
    }
    if (stage_) next = std::min(next, stage_->next_moment(now));
    if (wants_compaction()) next = std::min(next, may_compact_at_);
    if (core_.saturated() && !stage_) next = std::min(next, now + saturated_nap);
    return next;
}

}  // namespace lk::pipeline
