#pragma once

#include <array>
#include <functional>
#include <vector>

#include "sim/fault.hpp"
#include "sim/random.hpp"
#include "sim/timeline.hpp"

namespace lk::sim {

/// Which of a plan's faults are on, and whether they strike.
class Faults {
  public:
    Faults(const std::vector<PlannedFault>& planned, const Timeline& time, Random random)
        : time_(time), random_(random) {
        for (const PlannedFault& fault : planned) {
            of_kind_[static_cast<std::size_t>(fault.kind)].push_back(fault);
        }
    }

    /// The fault that is on, if one is.
    [[nodiscard]] const PlannedFault* on(Fault kind) const noexcept {
        for (const PlannedFault& fault : of_kind_[static_cast<std::size_t>(kind)]) {
            const TimePoint from = Timeline::start + fault.at;
            if (from <= time_.now() && time_.now() < from + fault.lasts) return &fault;
        }
        return nullptr;
    }
    /// It is on, and strikes this once.
    bool strikes(Fault kind) {
        const PlannedFault* const fault = on(kind);
        if (fault == nullptr || !random_.chance(fault->chance)) return false;
        struck(kind);
        return true;
    }
    void struck(Fault kind) const {
        if (on_strike) on_strike(kind);
    }

    std::function<void(Fault)> on_strike;

  private:
    const Timeline& time_;
    Random random_;
    std::array<std::vector<PlannedFault>, fault_count> of_kind_;
};

}  // namespace lk::sim
