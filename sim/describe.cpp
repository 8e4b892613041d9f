#include <cstdio>

#include "sim/plan.hpp"

namespace lk::sim {

std::string describe(const Plan& plan) {
    std::string text;
    char line[500];
    const auto s = [](Duration duration) {
        return std::chrono::duration<double>(duration).count();
    };
    const auto add = [&](int length) { text.append(line, static_cast<std::size_t>(length)); };
    const StreamPlan& stream = plan.stream;
    add(std::snprintf(line, sizeof line,
                      "seed %llu: %u shards of %g records/s and %g bytes/s (burst %g s), %.3f to "
                      "%.3f s a way, records up to %zu bytes\n",
                      static_cast<unsigned long long>(plan.seed), stream.shards,
                      stream.records_a_second, stream.bytes_a_second, stream.burst_seconds,
                      s(stream.quickest), s(stream.slowest), stream.max_record_bytes));
    for (std::size_t i = 0; i < plan.producers.size(); ++i) {
        const ProducerPlan& one = plan.producers[i];
        add(std::snprintf(
            line, sizeof line,
            "producer %zu: linger %g s, deliver within %g s, request timeout %g s, %d in flight, "
            "%s, %s, aggregates %zu bytes, highest rate %g, budget %zu bytes and %zu events (%g a "
            "key, %g a shard), %s\n",
            i, s(one.linger), s(one.deliver_within), s(one.request_timeout), one.requests_in_flight,
            one.ordered ? "ordered" : "unordered",
            !one.pause_on_failure ? "goes on"
            : one.discards        ? "pauses, then discards"
                                  : "pauses, then resumes",
            one.aggregate_bytes, one.highest_rate, one.budget_bytes, one.budget_events,
            one.share_per_key, one.share_per_shard,
            one.when_full == WhenFull::block  ? "blocks"
            : one.when_full == WhenFull::fail ? "fails when full"
                                              : "suspends"));
    }
    add(std::snprintf(line, sizeof line, "%zu events, %zu keys\n", plan.events.size(),
                      plan.keys.size()));
    for (const PlannedFault& fault : plan.faults) {
        add(std::snprintf(line, sizeof line, "at %.6f s for %g s: %s (chance %g, target %u)\n",
                          s(fault.at), s(fault.lasts), name_of(fault.kind).data(), fault.chance,
                          fault.target));
    }
    return text;
}

}  // namespace lk::sim
