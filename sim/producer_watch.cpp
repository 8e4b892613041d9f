#include <algorithm>
#include <cinttypes>
#include <utility>

#include "sim/producer.hpp"

// The loop's turns in simulated time, and what only a simulator wants to know.
namespace lk::sim {
namespace {

using namespace std::chrono_literals;

// How often in a row a turn may come to nothing without any time having passed.
constexpr std::uint64_t most_fruitless = 3;

void note(LaneStates& states, LaneState state) {
    states[static_cast<std::size_t>(state)] = true;
}

}  // namespace

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

void Producer::sleep_until_needed(TimePoint now) {
    const TimePoint next = next_moment(now);
    const bool core_is_next = next == core_.next_moment(now);
    if (next > now || progress_ > 0) fruitless_ = 0;
    progress_ = 0;
    if (next <= now && ++fruitless_ > most_fruitless) {
        around_.checks.complain("busy_loop", "the core names a moment at which it does nothing");
    }
    if (next == never || wakes_at_ <= around_.time.now()) return;
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
    if (gone_ || turn != turns_ || around_.time.now() >= wakes_at_ || stands_still()) return;
    // What was written and did not ring would be progress, too.
    if (take_records(now)) {
        progress_ = 0;
        wake();
        return;
    }
    if (core_.next_moment(now) <= now) return;
    while (core_.advance(now)) settle();
    settle();
    ask(now);
    send(now);
    if (progress_ > 0) {
        around_.checks.complain("next_moment",
                                "the core had something to do before the moment that it named");
    }
}

// Who waits for room in a shard is woken when the full shards change, so they must not change
// unsaid.
void Producer::check_full_shards() {
    if (!random_.chance(0.05) || core_.sending().full_version() != full_shards_version_) return;
    const auto full = core_.sending().full_shards();
    const bool same = std::equal(
        full.begin(), full.end(), full_shards_.begin(), full_shards_.end(),
        [](const auto& a, const auto& b) { return a.first == b.first && a.last == b.last; });
    if (!same) around_.checks.complain("full_shards", "the full shards changed unsaid");
}

void Producer::check_end() {
    if (!gone_ && budget_->events() == 0 && !blocked_.empty()) {
        around_.checks.complain("blocked", "dispatch() waits for ever, and nothing is held");
    }
    if (around_.checks.producer(number_).crashed) return;
    if (budget_->events() != 0) {
        around_.checks.complain("budget",
                                std::to_string(budget_->events()) + " events are held at the end");
    }
    intake_.reset();
    if (budget_->pages() != 0) {
        around_.checks.complain("budget",
                                std::to_string(budget_->pages()) + " bytes are held at the end");
    }
}

void Producer::trace_request(const SentRequest& request) {
    if (!around_.trace.wanted()) return;
    std::string events;
    for (const SentRecord& record : request.records) {
        events += record.aggregated ? " (" : " ";
        for (const EventNumber event : record.events) {
            events += std::to_string(event) + (event == record.events.back() ? "" : " ");
        }
        events += record.aggregated ? ")" : "";
    }
    around_.trace.line("producer %u: request %" PRIu64 ":%s", number_, request.number,
                       events.c_str());
}

LaneStates Producer::lane_states() const {
    LaneStates states{};
    std::vector<std::uint64_t> busy;
    const ProducerHistory& history = around_.checks.producer(number_);
    for (const auto& [event, record] : live_) {
        const EventHistory& one = around_.checks.events()[event];
        if (record->lane != 0) {
            const LaneHistory& lane = history.lanes.find(record->lane)->second;
            if (lane.paused) note(states, LaneState::paused);
            // What waits behind another of its key is nothing of its own.
            const bool is_first = std::find(busy.begin(), busy.end(), record->lane) == busy.end();
            if (is_first) busy.push_back(record->lane);
            if (!is_first && !record->bound) continue;
        }
        const bool is_again = one.attempts > (record->in_flight ? 1 : 0);
        note(states, record->settled ? LaneState::late
                     : record->in_flight
                         ? (is_again ? LaneState::retry_in_flight : LaneState::first_in_flight)
                     : is_again ? LaneState::retry_waiting
                                : LaneState::first_waiting);
        if (one.halved) note(states, LaneState::half);
        if (record->charged) note(states, LaneState::limited);
    }
    if (busy.size() < history.lanes.size()) note(states, LaneState::empty);
    return states;
}

LaneStates Producer::lane_states_of(const SentRequest& request) const {
    LaneStates states{};
    const ProducerHistory& history = around_.checks.producer(number_);
    for (const SentRecord& parcel : request.records) {
        for (const EventNumber event : parcel.events) {
            const EventHistory& one = around_.checks.events()[event];
            const auto lane = history.lanes.find(one.lane);
            if (lane != history.lanes.end() && lane->second.paused) note(states, LaneState::paused);
            if (one.halved) note(states, LaneState::half);
            const auto found = live_.find(event);
            if (found == live_.end()) {
                // A request that is stored late: its event has ended, and others of its key wait
                // or go.
                if (lane == history.lanes.end() || lane->second.unsettled == 0) {
                    note(states, LaneState::empty);
                    continue;
                }
                const LaneHistory& its = lane->second;
                if (its.in_requests != 0 || its.waiting.empty()) {
                    note(states, LaneState::first_in_flight);
                    continue;
                }
                const bool is_again = around_.checks.events()[its.waiting.front()].attempts > 0;
                note(states, is_again ? LaneState::retry_waiting : LaneState::first_waiting);
                continue;
            }
            const Pending& record = *found->second;
            if (record.charged) note(states, LaneState::limited);
            note(states, record.settled     ? LaneState::late
                         : one.in_request   ? (one.attempts > 1 ? LaneState::retry_in_flight
                                                                : LaneState::first_in_flight)
                         : one.attempts > 0 ? LaneState::retry_waiting
                                            : LaneState::first_waiting);
        }
    }
    return states;
}

}  // namespace lk::sim
