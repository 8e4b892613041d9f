#pragma once

#include <memory>
#include <vector>

#include "sim/checks.hpp"
#include "sim/coverage.hpp"
#include "sim/faults.hpp"
#include "sim/kinesis_model.hpp"
#include "sim/network.hpp"
#include "sim/producer.hpp"

namespace lk::sim {

/// Everything that a plan is played with: one clock, one stream, the producers and those who watch
/// them.
class World {
  public:
    World(const Plan& plan, bool wants_trace);

    /// False at the end, or at the first violation.
    bool step(TimePoint end) { return checks.violations().empty() && time.step(end); }

    const Plan& plan;
    Timeline time;
    Trace trace;
    Random random;
    Faults faults;
    KinesisModel kinesis;
    Network network;
    Checks checks;
    Coverage coverage;
    std::vector<std::unique_ptr<Producer>> producers;

  private:
    void plan_fault(const PlannedFault& fault);
    void begin(const PlannedFault& fault);
    void strike(Fault fault, const Producer& producer);
};

}  // namespace lk::sim
