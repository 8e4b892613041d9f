#include "sim/producer.hpp"

#include <algorithm>
#include <utility>

#include "sim/waking_loop.hpp"

// What pipeline/driver does, in the same order and under the same names.
namespace lk::sim {
namespace {

using namespace std::chrono_literals;

// As the driver's own.
constexpr Duration grace = 1s;
constexpr Duration saturated_nap = 50ms;
constexpr Duration between_compactions = 100ms;
constexpr Duration idle_before_trim = 2s;

std::size_t share_of(std::size_t budget, double share) {
    return static_cast<std::size_t>(static_cast<double>(budget) * share);
}

}  // namespace

Producer::Producer(const Surroundings& around, std::uint32_t number, Random random)
    : around_(around),
      number_(number),
      plan_(around.plan.producers[number]),
      random_(random),
      client_(around.plan, around.time, around.faults, around.network, number, random.fork(1)),
      loop_(std::make_shared<WakingLoop>(*this)),
      inbox_(std::make_shared<pipeline::Inbox>(loop_, pipeline::Log{})),
      budget_(std::make_shared<pipeline::Budget>(budget_options())),
      stream_(std::make_shared<const std::string>("events")),
      doorbell_(loop_),
      intake_(std::make_unique<pipeline::Intake>(budget_, doorbell_, nullptr)),
      core_(core_options()),
      paused_(budget_) {
    client_.on_problem = [this](const std::string& problem) {
        around_.checks.complain("bytes", problem);
    };
    client_.sees = [this](const std::shared_ptr<SentRequest>& request) {
        trace_request(*request);
        around_.checks.sent(number_, *request, local_now());
        requests_.emplace(request->number, request);
    };
    wake();  // it attaches itself to its loop
}

Producer::~Producer() {
    // Requests that nobody has answered yet outlive it.
    inbox_->close();
    // Of a run that was cut short, as it broke a promise.
    if (intake_ == nullptr) return;
    intake_->drain([this](Pending* record) { forget(record); });
    forget_live();
}

pipeline::BudgetOptions Producer::budget_options() const {
    return {.bytes = plan_.budget_bytes,
            .events = plan_.budget_events,
            .most_held_by_key = share_of(plan_.budget_bytes, plan_.share_per_key),
            .most_suspended = plan_.most_suspended};
}

pipeline::CoreOptions Producer::core_options() const {
    return {.linger = plan_.linger,
            .deliver_within = plan_.deliver_within,
            .max_requests_in_flight = plan_.requests_in_flight,
            .pause_on_failure = plan_.pause_on_failure,
            .random_seed = plan_.seed,
            .sending = {.aggregate_bytes = plan_.aggregate_bytes,
                        .highest_rate = plan_.highest_rate,
                        .most_held_by_shard = share_of(plan_.budget_bytes, plan_.share_per_shard),
                        // As the plan has worked it out before.
                        .hash_keys_of = [this](auto records, auto keys) {
                            for (std::size_t at = 0; at < records.size(); ++at) {
                                keys[at] = around_.plan.events[event_of(*records[at])].hash;
                            }
                        }}};
}

void Producer::turn() {
    wakes_at_ = never;
    if (gone_) return;
    if (stands_still()) {
        wake();
        return;
    }
    const TimePoint now = local_now();
    doorbell_.listen(Doorbell::Listens::to_nothing);
    bool must_hurry = false;
    do {
        take_wishes(now);
        take_records(now);
        take_answers(now);
        give_up(now);
        while (core_.advance(now)) settle();
        settle();
        core_.budget_is_short(is_sought() || budget_->is_half_full() || must_hurry);
        ask(now);
        send(now);
        settle();
        finish_waits(now);
        if (gone_) return;
        look_after_budget(now);
        doorbell_.listen(listens_for());
        must_hurry = room_is_short_anew();
    } while (take_records(now) || must_hurry);
    // A client that let go of a request gave back its pages.
    if (!blocked_.empty()) around_.time.after(0s, [this] { let_in(); });
    around_.checks.turn_ended(number_, held(), now);
    check_full_shards();
    sleep_until_needed(now);
}

// A thread that waits for room counts in the real budget itself.
bool Producer::is_sought() {
    return budget_->is_sought() || !blocked_.empty();
}

bool Producer::room_is_short_anew() {
    return core_.lingering() && !core_.is_budget_short() &&
           (is_sought() || budget_->is_half_full());
}

pipeline::Doorbell::Listens Producer::listens_for() const {
    if (core_.saturated()) return Doorbell::Listens::to_nothing;
    if (!core_.lingering()) return Doorbell::Listens::to_everything;
    return core_.is_budget_short() ? Doorbell::Listens::to_full_pages
                                   : Doorbell::Listens::to_full_pages_and_half_budgets;
}

void Producer::take_wishes(TimePoint now) {
    for (const Wait& wait : std::exchange(new_waits_, {})) {
        core_.hurry(wait.generation);
        around_.checks.flushing(number_, wait.generation);
        waits_.push_back(wait);
    }
    for (const Resume& wish : std::exchange(new_resumes_, {})) {
        // First: the next of the key may fail at once and pause it again.
        around_.checks.lane_resumed(number_, wish.lane);
        bool was_paused = false;
        if (wish.discards) {
            around_.checks.lane_discarded(number_, wish.lane, wish.generation);
            was_paused = discard(wish);
        } else {
            was_paused = core_.resume(wish.lane, now);
        }
        if (!was_paused) around_.checks.complain("paused", "a paused key is not paused any more");
        settle();
        ++progress_;
    }
    // As the driver does.
    std::uint32_t unasked_up_to = discarded_up_to_;
    for (const Wait& wait : waits_) unasked_up_to = std::min(unasked_up_to, wait.generation);
    core_.join_generations_up_to(unasked_up_to);
}

bool Producer::discard(const Resume& wish) {
    const Error error{ErrorCode::lane_paused, "discarded", false, 0};
    using Discarded = pipeline::Core::Discarded;
    auto discarded = Discarded::some;
    while (discarded == Discarded::some) {
        discarded = core_.discard(wish.lane, error, wish.generation);
        settle();
    }
    discarded_up_to_ = wish.generation;
    return discarded == Discarded::all;
}

bool Producer::take_records(TimePoint now) {
    return intake_->drain([&](Pending* record) {
        const EventNumber event = event_of(*record);
        live_.emplace(event, record);
        around_.checks.accepted(event, *record, now);
        core_.accept(record, now);
        ++progress_;
    });
}

void Producer::ask(TimePoint now) {
    if (core_.wants_stream_facts(now)) {
        around_.trace.line("producer %u: asks what the stream is like", number_);
        ++progress_;
        limit_expires_ = now + plan_.request_timeout + grace;
        client_.describe_stream_summary(
            *stream_, [inbox = inbox_](auto limit) { inbox->add(std::move(limit)); });
    }
    if (core_.wants_shards(now)) {
        around_.trace.line("producer %u: asks for the shards", number_);
        around_.checks.shards_asked(number_);
        ++progress_;
        shards_expire_ = now + plan_.request_timeout + grace;
        client_.list_shards(*stream_,
                            [inbox = inbox_](auto shards) { inbox->add(std::move(shards)); });
    }
}

void Producer::send(TimePoint now) {
    while (const pipeline::Core::Request* request = core_.next_request(now)) {
        ++progress_;
        // What was settled on the way to this request is out of its way.
        settle();
        expiries_.push_back({request->id, now + plan_.request_timeout + grace});
        client_.next_number = request->id;
        const auto timeout =
            std::chrono::duration_cast<std::chrono::milliseconds>(plan_.request_timeout);
        pipeline::PutRequest::send(std::make_shared<pipeline::PutRequest>(
                                       inbox_, stream_, *request, timeout, aggregate_writer_),
                                   client_);
    }
}

void Producer::settle() {
    const std::vector<std::uint64_t> newly_paused = std::exchange(core_.newly_paused(), {});
    paused_.add(newly_paused);
    for (const std::uint64_t lane : newly_paused) {
        around_.time.after(plan_.paused_for, [this, lane] { end_pause(lane); });
    }
    if (core_.settled().empty() && core_.released().empty()) return;
    pipeline::Budget::Return returned;
    const auto release = [&](Pending* record) {
        live_.erase(event_of(*record));
        budget_->settled(*record, returned);
        intake_->release(record);
        ++progress_;
    };
    for (const pipeline::Settled& settled : core_.settled()) {
        Pending* const record = settled.record;
        around_.checks.settled(event_of(*record), settled, local_now());
        record->slot->settle(nullptr);
        if (settled.released) release(record);
        ++progress_;
    }
    core_.settled().clear();
    for (Pending* record : core_.released()) {
        around_.checks.released(event_of(*record));
        release(record);
    }
    core_.released().clear();
    intake_->give_back_released();
    budget_->give_back(returned);
    for (const std::uint64_t lane : newly_paused) around_.checks.lane_told_paused(number_, lane);
    around_.time.after(0s, [this] { let_in(); });
}

void Producer::look_after_budget(TimePoint now) {
    if (core_.sending().full_version() != full_shards_version_) {
        full_shards_version_ = core_.sending().full_version();
        full_shards_ = core_.sending().full_shards();
        budget_->shards_are_full(full_shards_);
        around_.time.after(0s, [this] { let_in(); });
    }
    if (now >= may_compact_at_ && wants_compaction()) {
        intake_->trim_slabs();
        intake_->compact(core_.oldest());
        may_compact_at_ = now + between_compactions;
        around_.time.after(0s, [this] { let_in(); });
    }
    if (!core_.empty()) {
        trim_at_ = now + idle_before_trim;
    } else if (now >= trim_at_) {
        trim_at_ = never;
        intake_->trim();
    }
}

bool Producer::wants_compaction() const {
    return budget_->is_half_full() &&
           (intake_->wasted_bytes() + budget_->unused_slabs()) * 4 > budget_->bytes();
}

bool Producer::is_over(const Wait& wait, TimePoint now) const {
    const pipeline::Generations& generations = core_.generations();
    const bool waits = wait.closes ? generations.any_unsettled_up_to(wait.generation)
                                   : generations.any_moving_up_to(wait.generation);
    return !waits || now >= wait.deadline;
}

void Producer::finish_waits(TimePoint now) {
    const bool closed = std::any_of(waits_.begin(), waits_.end(), [&](const Wait& wait) {
        return wait.closes && is_over(wait, now);
    });
    if (closed) {
        around_.checks.closing(number_);
        while (core_.fail_all({ErrorCode::not_in_time, "closed", false, 0})) settle();
        core_.abandon_requests();
        settle();
    }
    std::erase_if(waits_, [&](const Wait& wait) {
        if (!closed && !is_over(wait, now)) return false;
        around_.checks.flush_told(number_, wait.generation,
                                  core_.generations().take_up_to(wait.generation));
        ++progress_;
        return true;
    });
    if (!closed) return;
    if (!core_.empty()) around_.checks.complain("close", "the core is not empty after close()");
    inbox_->close();
    end();
}

void Producer::end() {
    gone_ = true;
    closed_ = true;
    ++turns_;
    let_in();
}

TimePoint Producer::next_moment(TimePoint now) {
    TimePoint next = std::min(
        {core_.next_moment(now), limit_expires_, shards_expire_, core_.empty() ? trim_at_ : never});
    if (!expiries_.empty() && !core_.empty()) next = std::min(next, expiries_.front().when);
    for (const Wait& wait : waits_) next = std::min(next, wait.deadline);
    if (wants_compaction()) next = std::min(next, may_compact_at_);
    if (core_.saturated()) next = std::min(next, now + saturated_nap);
    return next;
}

Checks::Held Producer::held() {
    return {.bytes = budget_->held(),
            .events = budget_->events(),
            .page_bytes = pipeline::PageStore::usual_bytes_of(plan_.budget_bytes) +
                          pipeline::PendingPool::in_slab * sizeof(Pending),
            .is_short = budget_->is_half_full() || !blocked_.empty()};
}

}  // namespace lk::sim
