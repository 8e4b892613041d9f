#pragma once

#include <string_view>

#include <lk/error.hpp>
#include <lk/expected.hpp>

#include "local/faults/fault_plan.hpp"

namespace lk::local {

/// Reads a plan's JSON text, at most 1 MiB and 1,000 rules. The Error (`bad_option`) names the
/// member, its value and what it may be.
[[nodiscard]] Expected<FaultPlan, Error> read_fault_plan(std::string_view text);

/// The same from the text itself, which begins with a brace, or from a file of that name. Blank:
/// a plan without rules.
[[nodiscard]] Expected<FaultPlan, Error> load_fault_plan(std::string_view text_or_file);

}  // namespace lk::local
