#include <algorithm>

#include "sim/checks.hpp"

// What the budget promises: a bound, and shares of it.
namespace lk::sim {
namespace {

using namespace std::chrono_literals;
using Stage = EventHistory::Stage;

constexpr std::size_t bytes_of_a_page = 200;  // besides its records, at most
// Looking through many events each turn would take long.
constexpr std::size_t most_looked_through = 600;

}  // namespace

// Room is asked for before an event is written, so it may be exceeded by one, with its page, and by
// those that are suspended; and by the page that others are moved into.
void Checks::held(std::uint32_t producer, const Held& held) {
    const ProducerPlan& plan = plan_.producers[producer];
    if (held.bytes > plan.budget_bytes) {
        const std::size_t page =
            std::max(held.page_bytes, producers_[producer].largest + bytes_of_a_page);
        const std::size_t most = plan.budget_bytes + 2 * (page + pipeline::bytes_besides_record) +
                                 plan.most_suspended * (page + pipeline::bytes_besides_record);
        if (held.bytes > most) {
            complain("budget", std::to_string(held.bytes) + " bytes are held; the budget is " +
                                   std::to_string(plan.budget_bytes));
        }
    }
    if (held.events > plan.budget_events + plan.most_suspended) {
        complain("budget", std::to_string(held.events) + " events are held; the budget is " +
                               std::to_string(plan.budget_events));
    }
    if (held.events != producers_[producer].held_events) {
        complain("budget", std::to_string(held.events) + " events are counted, " +
                               std::to_string(producers_[producer].held_events) + " are held");
    }
}

// No key may begin another event when it holds its share.
void Checks::check_key_share(EventNumber event) {
    const EventHistory& one = events_[event];
    const ProducerPlan& plan = plan_.producers[one.producer];
    const LaneHistory* const lane = lane_of(one);
    if (lane == nullptr || lane->held_bytes == 0) return;
    const auto most =
        static_cast<std::size_t>(static_cast<double>(plan.budget_bytes) * plan.share_per_key);
    if (lane->held_bytes >= most) {
        complain("key_share", name(event) + " is accepted though its key holds " +
                                  std::to_string(lane->held_bytes) + " of " + std::to_string(most) +
                                  " bytes");
    }
}

// Nor a shard that throttles.
void Checks::check_shard_share(EventNumber event) {
    for (const ThrottledShard& shard : producers_[events_[event].producer].throttled) {
        if (shard.is_full && shard.range.contains(plan_.events[event].hash)) {
            complain("shard_share",
                     name(event) + " is accepted though its shard throttles and holds its share");
        }
    }
}

// Counted is what certainly counts: never sent, and accepted since the shard throttled and it was
// known which hash keys are its.
void Checks::look_for_full_shards(std::uint32_t producer) {
    ProducerHistory& its = producers_[producer];
    if (its.throttled.empty()) return;
    const ProducerPlan& plan = plan_.producers[producer];
    const auto most =
        static_cast<std::size_t>(static_cast<double>(plan.budget_bytes) * plan.share_per_shard);
    const bool looks = its.shards_told && its.unsettled.size() <= most_looked_through &&
                       !its.touched && !is_resharded_;
    for (ThrottledShard& shard : its.throttled) {
        shard.is_full = false;
        if (!looks || time_.now() - shard.last > 50s) continue;
        const TimePoint since = std::max(shard.since, *its.shards_told);
        std::size_t bytes = 0;
        for (const EventNumber event : its.unsettled) {
            const EventHistory& one = events_[event];
            const bool counts = one.stage == Stage::accepted && one.attempts == 0 &&
                                one.accepted_at > since &&
                                shard.range.contains(plan_.events[event].hash);
            bytes += counts ? one.held_bytes : 0;
        }
        shard.is_full = bytes > most;
    }
}

}  // namespace lk::sim
