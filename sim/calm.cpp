#include "sim/calm.hpp"

#include <algorithm>

#include "sim/timeline.hpp"

namespace lk::sim {

using namespace std::chrono_literals;

TimePoint calm_begins(const Plan& plan) {
    TimePoint begins = Timeline::start;
    for (const PlannedFault& fault : plan.faults) {
        const bool is_wish = fault.kind == Fault::flush || fault.kind == Fault::close;
        const Duration lasts = is_wish ? 0s : fault.lasts;
        begins = std::max(begins, Timeline::start + fault.at + lasts);
    }
    return begins;
}

Duration calm_needs(const Plan& plan, const ProducerPlan& producer) {
    double bytes = 0;
    double cost = 0;
    double halvings = 0;
    for (const PlannedEvent& event : plan.events) {
        bytes += event.bytes + 200;
        // Those of a request that is refused as invalid are sent again, one a second perhaps.
        halvings += event.invalid || event.bytes > plan.stream.max_record_bytes ? 10 : 0;
        cost += std::max(0.001, (event.bytes + 200) / (1024.0 * 1024.0));
    }
    const auto events = static_cast<double>(plan.events.size());
    double seconds =
        std::max(events / plan.stream.records_a_second, bytes / plan.stream.bytes_a_second);
    // Producers that share a shard take turns at finding out what it takes.
    seconds *= 2 * static_cast<double>(plan.producers.size());
    seconds += halvings;
    if (producer.highest_rate > 0) seconds += cost / producer.highest_rate;
    const Duration round_trips = 2 * plan.stream.slowest * plan.events.size();
    const Duration linger = std::min(producer.linger, producer.deliver_within / 4);
    return 60s + 2 * producer.request_timeout + linger + round_trips +
           std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

}  // namespace lk::sim
