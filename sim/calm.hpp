#pragma once

#include "sim/plan.hpp"

namespace lk::sim {

/// When the last trouble of a plan is over.
[[nodiscard]] TimePoint calm_begins(const Plan& plan);

/// How long, from then on, events of a producer may take: back-offs and limits that were learned in
/// trouble (a minute), then what the stream's own limits and round trips cost if every event
/// went through one shard and one key.
[[nodiscard]] Duration calm_needs(const Plan& plan, const ProducerPlan& producer);

/// How long an event may take that no trouble has touched, besides a round trip (round_trip()) for
/// each that is ahead of it in its key: linger, what is asked about the stream, and requests for
/// what else the producer has.
[[nodiscard]] Duration prompt_needs(const Plan& plan, const ProducerPlan& producer);
[[nodiscard]] inline Duration round_trip(const Plan& plan) {
    return 2 * plan.stream.slowest;
}

/// How long records may wait for company.
[[nodiscard]] Duration linger_of(const ProducerPlan& producer);

}  // namespace lk::sim
