#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace lk::credentials {

/// Reads a time as AWS's services and files write it: "2026-11-24T04:00:00Z", also with a fraction
/// of a second (dropped), and with "UTC" or an offset such as "+01:00" in place of the Z. Nothing
/// for any other text, and outside the years 1970 to 9999, of which the clock holds those to 2262.
[[nodiscard]] std::optional<std::chrono::system_clock::time_point> parse_timestamp(
    std::string_view text);

/// The same from a number of milliseconds since 1970.
[[nodiscard]] std::optional<std::chrono::system_clock::time_point> time_of_milliseconds(
    long long milliseconds);

/// "2026-11-24T04:00:00Z".
[[nodiscard]] std::string timestamp(std::chrono::system_clock::time_point time);

}  // namespace lk::credentials
