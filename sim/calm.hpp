#pragma once

#include "sim/plan.hpp"

namespace lk::sim {

/// When the last trouble of a plan is over.
[[nodiscard]] TimePoint calm_begins(const Plan& plan);

/// How long, from then on, events of a producer may take: back-offs and limits that were learned in
/// trouble (a minute), then what the stream's own limits and round trips cost if every event
/// went through one shard and one key.
[[nodiscard]] Duration calm_needs(const Plan& plan, const ProducerPlan& producer);

}  // namespace lk::sim
