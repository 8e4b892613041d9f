#include "sim/calm.hpp"

#include <algorithm>

#include "sim/timeline.hpp"

namespace lk::sim {

using namespace std::chrono_literals;

namespace {
constexpr std::uint32_t mebibyte = 1024 * 1024;
}

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
    return 60s + 2 * producer.request_timeout + linger_of(producer) + round_trips +
           std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

Duration linger_of(const ProducerPlan& producer) {
    return std::min(producer.linger, producer.deliver_within / 4);
}

Duration prompt_needs(const Plan& plan, const ProducerPlan& producer) {
    std::uint64_t bytes = 0;
    std::uint64_t large = 0;
    for (const PlannedEvent& event : plan.events) {
        bytes += event.bytes;
        large += event.bytes > mebibyte - 100 ? 1 : 0;
    }
    // Of what is larger than a mebibyte each may go alone, of the rest 500 or 5 MiB.
    const std::uint64_t requests =
        4 + large + bytes / (std::uint64_t{5} * mebibyte) + plan.events.size() / 500;
    // Who lingers looks at what is written meanwhile when that is over, and it lingers from then
    // on.
    Duration needs = 2 * linger_of(producer) + requests * round_trip(plan);
    // While no place for a request is free nobody looks for a while.
    needs += 100ms;
    // DescribeStreamSummary is refused now and then, and asked again within a second.
    if (large > 0) needs += 10s;
    const bool nobody_answers = is_planned(plan, {Fault::shards_silent});
    if (nobody_answers) needs += producer.request_timeout + 2s;
    return needs;
}

}  // namespace lk::sim
