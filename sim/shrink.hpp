#pragma once

#include "sim/run.hpp"

namespace lk::sim {

/// The smallest plan found that still breaks the same promise: fewer events, fewer faults, fewer
/// producers. Bounded in runs, not in what it might still find.
[[nodiscard]] Plan shrink(Plan failing, const std::string& check);

}  // namespace lk::sim
