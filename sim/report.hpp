#pragma once

#include <string>

#include "sim/run.hpp"

namespace lk::sim {

// For people; lines, each with its end.

/// Which seed breaks which promise, and how: a line.
[[nodiscard]] std::string headline(const Plan& plan, const Violation& violation);

/// What happened, where that was traced, and the promises that were broken.
[[nodiscard]] std::string tell(const RunResult& result);

/// The smallest run found that breaks the same promise, and what happens in it.
[[nodiscard]] std::string explain(const Plan& failing, const std::string& check);

}  // namespace lk::sim
