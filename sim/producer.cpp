#include "sim/producer.hpp"

#include <algorithm>
#include <cinttypes>
#include <utility>

namespace lk::sim {
namespace {

using namespace std::chrono_literals;
using pipeline::Parcel;
using pipeline::Pending;

// As the driver's: a client of ours times out by itself, and gets this much longer.
constexpr Duration grace = 1s;
// As the driver's: how long it does not look while no place for a request is free.
constexpr Duration saturated_nap = 50ms;

// How often in a row a turn may come to nothing without any time having passed.
constexpr std::uint64_t most_fruitless = 3;

}  // namespace

Producer::Producer(const Surroundings& around, std::uint32_t number, Random random)
    : around_(around),
      number_(number),
      plan_(around.plan.producers[number]),
      random_(random),
      core_(options()),
      admission_(plan_.budget_bytes) {}

pipeline::CoreOptions Producer::options() {
    return {.linger = plan_.linger,
            .deliver_within = plan_.deliver_within,
            .max_requests_in_flight = plan_.requests_in_flight,
            .pause_on_failure = plan_.pause_on_failure,
            .random_seed = plan_.seed,
            .sending = {.aggregate_bytes = plan_.aggregate_bytes,
                        .highest_rate = plan_.highest_rate,
                        .most_held_by_shard = plan_.budget_bytes / 2,
                        .hash_of = [this](const Pending& record) {
                            return around_.plan.events[held(record).event].hash;
                        }}};
}

// The loop turns at the next opportunity.
void Producer::wake() {
    if (gone_) return;
    const TimePoint when = std::max(around_.time.now(), still_until_);
    if (wakes_at_ <= when) return;
    wakes_at_ = when;
    around_.time.at(when, [this, turn = ++turns_] {
        if (turn == turns_) this->turn();
    });
}

void Producer::turn() {
    wakes_at_ = never;
    if (gone_) return;
    if (around_.time.now() < still_until_) {
        wake();
        return;
    }
    const TimePoint now = local_now();
    listens_ = Listens::to_nothing;
    do {
        take_records(now);
        take_answers(now);
        give_up(now);
        core_.advance(now);
        settle();
        core_.budget_is_short(admission_.is_short(!blocked_.empty()));
        ask(now);
        send(now);
        settle();
        finish_waits(now);
        if (gone_) return;
        if (admission_.look_at(core_.sending())) around_.time.after(0s, [this] { let_in(); });
        listens_ = core_.saturated()   ? Listens::to_nothing
                   : core_.lingering() ? Listens::to_full_pages
                                       : Listens::to_everything;
    } while (take_records(now));
    around_.checks.turn_ended(number_, now);
    if (random_.chance(0.05) && !admission_.is_up_to_date(core_.sending())) {
        around_.checks.complain("full_shards", "the full shards changed unsaid");
    }
    sleep_until_needed(now);
}

bool Producer::take_records(TimePoint now) {
    const bool any = inbox_size_ > 0;
    for (std::vector<Held*>& stripe : inbox_) {
        for (Held* one : stripe) {
            live_.emplace(one->event, one);
            around_.checks.accepted(one->event, one->record, now);
            core_.accept(&one->record, now);
            ++progress_;
        }
        stripe.clear();
    }
    inbox_size_ = 0;
    return any;
}

void Producer::take_answers(TimePoint now) {
    for (const Answer& answer : std::exchange(answers_, {})) {
        tell(answer, now);
        settle();
    }
    if (limit_) {
        limit_expires_ = never;
        ++progress_;
        if (*limit_ || limit_->error().kind == FailureClass::final) stream_is_certain_ = true;
        if (*limit_) {
            core_.stream_is(**limit_, now);
        } else {
            core_.stream_unknown(limit_->error(), now);
        }
        limit_.reset();
    }
    if (shards_) {
        shards_expire_ = never;
        ++progress_;
        if (*shards_) {
            core_.shards_are(**shards_, now);
        } else {
            core_.shards_unknown(shards_->error(), now);
        }
        shards_.reset();
    }
}

void Producer::tell(const Answer& answer, TimePoint now) {
    const auto found = requests_.find(answer.request);
    if (found == requests_.end()) {
        // The core was told that this request was given up on; it does not want to know more.
        if (answer.result) {
            core_.answered(answer.request, *answer.result, now);
        } else {
            core_.failed(answer.request, answer.result.error(), now);
        }
        return;
    }
    ++progress_;
    const SentRequest request = std::move(found->second);
    requests_.erase(found);
    for (std::size_t i = 0; i < request.records.size(); ++i) {
        const SentRecord& parcel = request.records[i];
        bool may_be_stored = false;
        bool counts = true;
        if (!answer.result) {
            may_be_stored = answer.result.error().may_have_been_stored;
            const Failure& failure = answer.result.error();
            counts = failure.kind != FailureClass::not_ready &&
                     (failure.code != ErrorCode::stream_not_found || stream_is_certain_);
        } else if (const auto entry = (*answer.result)[i]; !entry.stored) {
            may_be_stored =
                classify_record(entry.error_code, entry.error_message).may_have_been_stored;
        }
        for (const EventNumber event : parcel.events) {
            around_.checks.record_ended(event, may_be_stored, counts);
        }
        around_.checks.parcel_ended(number_, parcel);
    }
    if (answer.result) {
        stream_is_certain_ = true;
        core_.answered(answer.request, *answer.result, now);
    } else {
        core_.failed(answer.request, answer.result.error(), now);
    }
}

void Producer::give_up(TimePoint now) {
    while (!expiries_.empty()) {
        const Expiry expiry = expiries_.front();
        if (core_.in_flight(expiry.request)) {
            if (now < expiry.when) break;
            around_.trace.line("producer %u: gives up on request %" PRIu64, number_,
                               expiry.request);
            tell({expiry.request,
                  Failure{FailureClass::transient, ErrorCode::network, {}, "no answer", true}},
                 now);
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
        core_.shards_unknown(no_answer, now);
    }
}

void Producer::ask(TimePoint now) {
    if (core_.wants_stream_facts(now)) {
        around_.trace.line("producer %u: asks what the stream is like", number_);
        ++progress_;
        limit_expires_ = now + plan_.request_timeout + grace;
        around_.network.describe([this](Network::Limit limit) {
            limit_ = std::move(limit);
            wake();
        });
    }
    if (core_.wants_shards(now)) {
        around_.trace.line("producer %u: asks for the shards", number_);
        ++progress_;
        shards_expire_ = now + plan_.request_timeout + grace;
        around_.network.list_shards([this](Network::Shards shards) {
            shards_ = std::move(shards);
            wake();
        });
    }
}

void Producer::send(TimePoint now) {
    while (const pipeline::Core::Request* request = core_.next_request(now)) {
        ++progress_;
        // What was settled on the way to this request is out of its way.
        settle();
        SentRequest sent = request_of(*request);
        if (around_.trace.wanted()) {
            std::string events;
            for (const SentRecord& record : sent.records) {
                events += record.aggregated ? " (" : " ";
                for (const EventNumber event : record.events) {
                    events += std::to_string(event) + (event == record.events.back() ? "" : " ");
                }
                events += record.aggregated ? ")" : "";
            }
            around_.trace.line("producer %u: request %" PRIu64 ":%s", number_, sent.number,
                               events.c_str());
        }
        around_.checks.sent(number_, sent, now);
        expiries_.push_back({sent.number, now + plan_.request_timeout + grace});
        requests_.emplace(sent.number, sent);
        around_.network.put_records(std::move(sent), plan_.request_timeout,
                                    [this, id = request->id](Network::Put result) {
                                        answers_.push_back({id, std::move(result)});
                                        wake();
                                    });
    }
}

SentRequest Producer::request_of(const pipeline::Core::Request& request) const {
    SentRequest sent{number_, request.id, {}};
    for (const Parcel& parcel : request.parcels) {
        SentRecord record;
        record.aggregated = parcel.aggregated;
        record.bytes = parcel.bytes;
        pipeline::for_each(parcel, [&](const Pending* one) {
            const EventNumber event = held(*one).event;
            const PlannedEvent& planned = around_.plan.events[event];
            record.events.push_back(event);
            record.invalid |= planned.invalid;
            record.key = planned.key;
            record.hash = planned.hash;
        });
        if (parcel.aggregated) {
            record.hash = parcel.hash_key;
        } else {
            record.bytes = parcel.first->counted_bytes();
        }
        sent.records.push_back(std::move(record));
    }
    return sent;
}

void Producer::settle() {
    const auto release = [this](const Pending& record) {
        admission_.give_back(record);
        live_.erase(held(record).event);
    };
    const std::uint64_t before = progress_;
    for (const pipeline::Settled& settled : core_.settled()) {
        around_.checks.settled(held(*settled.record).event, settled);
        if (settled.released) release(*settled.record);
        ++progress_;
    }
    core_.settled().clear();
    for (const Pending* record : core_.released()) {
        around_.checks.released(held(*record).event);
        release(*record);
        ++progress_;
    }
    core_.released().clear();
    pause_lanes();
    if (progress_ == before) return;
    around_.time.after(0s, [this] { let_in(); });
}

void Producer::finish_waits(TimePoint now) {
    for (std::size_t i = 0; i < waits_.size();) {
        const Wait wait = waits_[i];
        const bool settled = !core_.generations().any_unsettled_up_to(wait.generation);
        if (!settled && now < wait.deadline) {
            ++i;
            continue;
        }
        if (wait.closes) {
            around_.checks.closing(number_);
            if (!settled) core_.fail_all({ErrorCode::not_in_time, "closed", false, 0});
            core_.abandon_requests();
            settle();
        }
        around_.checks.flush_told(number_, wait.generation,
                                  core_.generations().take_up_to(wait.generation));
        ++progress_;
        waits_.erase(waits_.begin() + static_cast<std::ptrdiff_t>(i));
        if (!wait.closes) continue;
        if (!core_.empty()) {
            around_.checks.complain("close", "the core is not empty after close()");
        }
        end();
        return;
    }
}

void Producer::end() {
    gone_ = true;
    closed_ = true;
    ++turns_;
    let_in();
}

void Producer::sleep_until_needed(TimePoint now) {
    TimePoint next = std::min({core_.next_moment(now), limit_expires_, shards_expire_});
    const bool core_is_next = next == core_.next_moment(now);
    if (!expiries_.empty() && !core_.empty()) next = std::min(next, expiries_.front().when);
    for (const Wait& wait : waits_) next = std::min(next, wait.deadline);
    if (next > now && core_.saturated()) next = std::min(next, now + saturated_nap);
    if (next > now || progress_ > 0) fruitless_ = 0;
    progress_ = 0;
    if (next <= now && ++fruitless_ > most_fruitless) {
        around_.checks.complain("busy_loop", "the core names a moment at which it does nothing");
    }
    if (next == never) return;
    const TimePoint when = std::max(next + slept_, around_.time.now());
    wakes_at_ = when;
    const std::uint64_t turn = ++turns_;
    around_.time.at(when, [this, turn] {
        if (turn == turns_) this->turn();
    });
    if (core_is_next && next > now && random_.chance(0.1)) {
        around_.time.at(
            around_.time.now() + random_.between(0ns, std::min<Duration>(next - now, 5s)),
            [this, turn] { probe(turn); });
    }
}

// Nothing has come since, and the moment that the core named is still to come: it must have nothing
// to do.
void Producer::probe(std::uint64_t turn) {
    const TimePoint now = local_now();
    if (gone_ || turn != turns_ || inbox_size_ > 0 || around_.time.now() >= wakes_at_ ||
        around_.time.now() < still_until_ || core_.next_moment(now) <= now) {
        return;
    }
    core_.advance(now);
    settle();
    ask(now);
    send(now);
    if (progress_ > 0) {
        around_.checks.complain("next_moment",
                                "the core had something to do before the moment "
                                "that it named");
    }
}

LaneStates Producer::lane_states() const {
    LaneStates states{};
    const auto note = [&](LaneState state) { states[static_cast<std::size_t>(state)] = true; };
    std::vector<std::uint64_t> busy;
    const auto& lanes = around_.checks.producer(number_).lanes;
    for (const auto& [event, one] : live_) {
        const Pending& record = one->record;
        if (record.lane == 0) continue;
        if (record.bound) note(record.in_flight ? LaneState::in_flight : LaneState::half);
        const LaneHistory& lane = lanes.find(record.lane)->second;
        if (lane.paused) note(LaneState::paused);
        if (std::find(busy.begin(), busy.end(), record.lane) != busy.end()) continue;
        busy.push_back(record.lane);
        if (record.bound || lane.paused) continue;
        note(record.attempts > 0 ? LaneState::retry_waiting : LaneState::first_waiting);
        if (record.charged) note(LaneState::limited);
    }
    if (busy.size() < lanes.size()) note(LaneState::empty);
    return states;
}

}  // namespace lk::sim
