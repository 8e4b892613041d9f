#pragma once

#include "sim/plan.hpp"
#include "sim/random.hpp"

namespace lk::sim {

/// Bends one plan in two so that a fault, drawn evenly, meets a state of a lane, drawn evenly, too:
/// left to chance, many would hardly ever meet.
void aim(Plan& plan, Random& random);

}  // namespace lk::sim
