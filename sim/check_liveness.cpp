#include <algorithm>

#include "sim/calm.hpp"
#include "sim/checks.hpp"

// That nothing waits without need, and nothing fails without cause.
namespace lk::sim {
namespace {

using namespace std::chrono_literals;
using Stage = EventHistory::Stage;
using pipeline::Ending;

// No back-off is longer.
constexpr Duration longest_pause = 10s;
constexpr std::size_t usual_record_limit = std::size_t{1024} * 1024;

std::string in_seconds(Duration time) {
    return std::to_string(std::chrono::duration<double>(time).count()) + " s";
}

}  // namespace

// Whom the failure of one record concerns: its key and, throttled, its shard. Where nobody can tell
// which shard that is, all.
void Checks::touch(std::uint32_t producer, const SentRecord& parcel, const Failure& failure) {
    ProducerHistory& its = producers_[producer];
    for (const EventNumber event : parcel.events) {
        events_[event].touched = true;
        if (LaneHistory* const lane = lane_of(events_[event])) lane->touched = true;
    }
    if (failure.kind != FailureClass::slow_down) return;
    if (is_resharded_ || failure.message.find("shardId-") == std::string::npos) {
        its.touched = true;
        return;
    }
    const event::HashKeyRange range = kinesis_.shard_range(parcel.hash);
    const auto known =
        std::find_if(its.throttled.begin(), its.throttled.end(),
                     [&](const ThrottledShard& one) { return one.range.first == range.first; });
    if (known == its.throttled.end()) {
        its.throttled.push_back({range, time_.now(), time_.now()});
        return;
    }
    if (time_.now() - known->last > 50s) known->since = time_.now();
    known->last = time_.now();
}

void Checks::shards_answered(std::uint32_t producer, bool told) {
    ProducerHistory& its = producers_[producer];
    its.shards_answered = true;
    its.landed.clear();
    if (told) its.shards_told = time_.now();
}

// A request is under way for longer than a round trip takes: it may be what others wait for.
bool Checks::is_overdue(const ProducerHistory& producer) const {
    return std::any_of(producer.under_way.begin(), producer.under_way.end(), [&](const auto& one) {
        return time_.now() - one.second > round_trip(plan_);
    });
}

bool Checks::is_touched(EventNumber event) const {
    const EventHistory& one = events_[event];
    const ProducerHistory& producer = producers_[one.producer];
    if (one.touched || producer.touched || is_overdue(producer)) return true;
    if (one.lane != 0) {
        const LaneHistory& lane = producer.lanes.at(one.lane);
        if (lane.touched || lane.paused) return true;
    }
    return has_own_trouble(event);
}

bool Checks::has_own_trouble(EventNumber event) const {
    const bool may_never_know = is_planned(plan_, {Fault::limit_silent}) &&
                                plan_.events[event].bytes > usual_record_limit / 2;
    if (may_never_know) return true;
    const auto& throttled = producers_[events_[event].producer].throttled;
    return std::any_of(throttled.begin(), throttled.end(), [&](const ThrottledShard& shard) {
        return shard.range.contains(plan_.events[event].hash);
    });
}

// Nothing may stand in the way of what waits once the trouble is over, and nothing at all of what
// no trouble has touched: keys and shards in trouble hold up no others.
void Checks::check_in_time(EventNumber event) {
    const EventHistory& one = events_[event];
    const ProducerPlan& plan = plan_.producers[one.producer];
    if (producers_[one.producer].closing) return;
    const Duration took = time_.now() - one.dispatched_at;
    const Duration prompt =
        prompt_takes_[one.producer] + static_cast<Duration::rep>(one.ahead) * round_trip(plan_);
    if (took > prompt && plan.highest_rate == 0 && !is_touched(event)) {
        complain("prompt", name(event) + " took " + in_seconds(took) + " though no trouble " +
                               "touched it; " + in_seconds(prompt) + " would do");
    }
    if (plan.pause_on_failure) return;
    const TimePoint could_go = std::max(one.accepted_at, calm_from_);
    if (time_.now() - could_go <= calm_takes_[one.producer]) return;
    complain("liveness", name(event) + " took " + in_seconds(time_.now() - could_go) + " of calm");
}

// What is not published was refused for good, is invalid itself, was discarded or closed, or its
// time is up: it is, when the next attempt would come after it.
void Checks::check_innocence(EventNumber event, TimePoint local_now) {
    const EventHistory& one = events_[event];
    if (one.ending == Ending::published || one.has_cause || producers_[one.producer].closing) {
        return;
    }
    const PlannedEvent& planned = plan_.events[event];
    const bool is_invalid =
        planned.invalid || planned.bytes + std::size_t{16} > plan_.stream.max_record_bytes;
    if (is_invalid) return;
    const Duration left = one.deadline - local_now;
    if (left > longest_pause || (left > 0s && !one.touched)) {
        complain("innocent", name(event) +
                                 " is not published though nothing is wrong with it and " +
                                 in_seconds(left) + " are left");
    }
}

// What may go and only lingers goes when flush() says so, when the budget is short, when the stream
// is idle, and when it has lingered.
void Checks::check_nothing_lingers(std::uint32_t producer, bool budget_is_short,
                                   TimePoint local_now) {
    const ProducerHistory& its = producers_[producer];
    const ProducerPlan& plan = plan_.producers[producer];
    const bool all_is_well = !its.touched && its.throttled.empty() && plan.highest_rate == 0 &&
                             (plan.aggregate_bytes == 0 || its.shards_answered) && !is_overdue(its);
    const bool has_place = its.under_way.size() < static_cast<std::size_t>(plan.requests_in_flight);
    if (!all_is_well || !has_place || its.closing) return;
    const bool is_idle = its.under_way.empty() &&
                         (!its.last_activity || local_now - *its.last_activity >= plan.linger);
    for (const EventNumber event : its.unsettled) {
        const EventHistory& one = events_[event];
        if (one.stage != Stage::accepted || one.in_request || one.attempts > 0) continue;
        // How large a record may be is asked first.
        if (plan_.events[event].bytes + std::size_t{16} > usual_record_limit) continue;
        if (one.lane != 0) {
            const LaneHistory& lane = its.lanes.at(one.lane);
            if (lane.paused || lane.in_requests != 0 || lane.waiting.front() != event) continue;
        }
        const bool is_flushed = its.flushed && one.generation <= *its.flushed;
        const TimePoint accepted = one.deadline - plan.deliver_within;
        const bool has_lingered = local_now - accepted >= linger_of(plan);
        const char* const why = is_flushed        ? "flush() was called"
                                : budget_is_short ? "half of the budget is held"
                                : is_idle         ? "the stream is idle"
                                : has_lingered    ? "it has lingered"
                                                  : nullptr;
        if (why != nullptr) {
            complain("lingers", name(event) + " waits though " + why);
            return;
        }
        if (!its.flushed && !budget_is_short && !is_idle) return;  // later ones came later
    }
}

}  // namespace lk::sim
