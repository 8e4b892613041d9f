#pragma once

#include <array>
#include <functional>
#include <vector>

#include "sim/fault.hpp"
#include "sim/message.hpp"
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
        return fault != nullptr && random_.chance(fault->chance);
    }
    /// The same, and notes that it struck this request.
    bool strikes(Fault kind, SentRequest& request) {
        if (!strikes(kind)) return false;
        request.strikes.push_back({kind});
        return true;
    }
    /// The same for what a producer asks about the stream.
    bool strikes(Fault kind, std::uint32_t producer) {
        if (!strikes(kind)) return false;
        if (on_strike) on_strike(kind, producer);
        return true;
    }

    std::function<void(Fault, std::uint32_t)> on_strike;

  private:
    const Timeline& time_;
    Random random_;
    std::array<std::vector<PlannedFault>, fault_count> of_kind_;
};

}  // namespace lk::sim
