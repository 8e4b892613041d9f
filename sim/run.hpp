#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/checks.hpp"
#include "sim/coverage.hpp"
#include "sim/plan.hpp"

namespace lk::sim {

struct RunResult {
    std::vector<Violation> violations;
    std::vector<std::string> trace;
    Coverage coverage;
    std::uint64_t events = 0;
    std::uint64_t requests = 0;
    std::uint64_t published = 0;
    std::uint64_t failed = 0;
    std::uint64_t unknown = 0;
    /// Of all that happened, in its order: two runs of one plan must agree.
    std::uint64_t fingerprint = 0;
};

/// Plays a plan from beginning to end, or to the first violation.
[[nodiscard]] RunResult run(const Plan& plan, bool wants_trace);

}  // namespace lk::sim
