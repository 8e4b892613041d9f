#pragma once

#include <string>
#include <string_view>

#include "doctor/finding.hpp"

namespace lk::doctor {

/// For people: a line each, begun with its verdict's sign, more and the mend below it.
[[nodiscard]] std::string as_text(const Findings& findings);

/// For scripts: one object of JSON and a line end; docs/doctor.md has its members.
[[nodiscard]] std::string as_json(std::string_view stream, const Findings& findings);

}  // namespace lk::doctor
