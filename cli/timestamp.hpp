#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace lk::cli {

/// `YYYY-MM-DDTHH:MM:SS[.f…]Z` as RFC 3339 has it, in UTC, years 1678 to 2261 (what system_clock
/// can hold); what is finer than a millisecond is cut off. Nothing if the text is something else
/// or no such moment exists.
[[nodiscard]] std::optional<std::chrono::system_clock::time_point> parse_timestamp(
    std::string_view text);

}  // namespace lk::cli
