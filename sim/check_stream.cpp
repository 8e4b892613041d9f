#include <algorithm>

#include "sim/checks.hpp"

// What stands in the stream at the end.
namespace lk::sim {

using Stage = EventHistory::Stage;
using pipeline::Ending;

void Checks::finish() {
    for (EventNumber event = 0; event < events_.size(); ++event) {
        const EventHistory& one = events_[event];
        if (one.stage == Stage::accepted || one.stage == Stage::written) {
            complain("settled_once", name(event) + " is never settled");
        }
        if (one.stage == Stage::settled && !one.released && !producers_[one.producer].crashed) {
            complain("released_once", name(event) + " is never released");
        }
        check_stream(event);
    }
    for (const ProducerHistory& producer : producers_) {
        for (const auto& [number, lane] : producer.lanes) check_order(lane);
    }
}

void Checks::check_stream(EventNumber event) {
    const EventHistory& one = events_[event];
    const std::vector<Copy>& copies = kinesis_.copies_of(event);
    if (one.stage == Stage::planned || one.stage == Stage::turned_away) {
        if (!copies.empty()) complain("never_dispatched", name(event) + " is in the stream");
        return;
    }
    for (const Copy& copy : copies) {
        if (!copy.readable) {
            complain("aggregate_dropped", name(event) + " is in an aggregate that KCL drops");
        }
    }
    if (one.stage == Stage::crashed) return;
    if (one.ending == Ending::failed && !copies.empty()) {
        complain("failed_is_certain", name(event) + " failed and is in the stream");
    }
    if (one.ending != Ending::published) return;
    const auto said = std::find_if(copies.begin(), copies.end(), [&](const Copy& copy) {
        return copy.shard_id == one.shard_id && copy.sequence_number == one.sequence_number;
    });
    if (said == copies.end()) {
        complain("published_is_stored",
                 name(event) + " is not in the stream at " + one.sequence_number);
        return;
    }
    if (copies.size() > 1 && !one.may_be_duplicate) {
        complain("duplicate_flag", name(event) + " is in the stream " +
                                       std::to_string(copies.size()) + " times without the flag");
    }
    // The shards of a stream that was created anew have the names of the old ones.
    if (kinesis_.was_recreated()) return;
    if (said->aggregated && !said->own_shard && !one.on_other_shard) {
        complain("on_other_shard", name(event) + " landed outside its key's shard unsaid");
    }
    // In the moment after a resharding nobody can tell, and it is said to be on the safe side.
    if (one.on_other_shard && (!said->aggregated || (said->own_shard && !is_resharded_))) {
        complain("on_other_shard", name(event) + " is said to be outside its key's shard");
    }
    if (said->aggregated && !said->own_shard && !is_resharded_) {
        complain("on_other_shard", name(event) + " went to a shard that was never its key's");
    }
}

// What is unknown may appear after later ones.
void Checks::check_order(const LaneHistory& lane) {
    std::uint64_t last = 0;
    EventNumber last_event = 0;
    for (const EventNumber event : lane.all) {
        const std::vector<Copy>& copies = kinesis_.copies_of(event);
        const EventHistory& one = events_[event];
        if (copies.empty()) continue;
        if (one.stage == Stage::settled && one.ending == Ending::unknown) continue;
        const std::uint64_t first =
            std::min_element(copies.begin(), copies.end(), [](const Copy& a, const Copy& b) {
                return a.order < b.order;
            })->order;
        // Those of one aggregate stand in it as they were dispatched.
        if (first < last) {
            complain("order", name(event) + " stands in the stream before " + name(last_event));
            return;
        }
        last = first;
        last_event = event;
    }
}

}  // namespace lk::sim
