#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace lk::aws {

/// Reads a Date header in the form that HTTP prescribes to senders, "Sun, 06 Nov 1994 08:49:37
/// GMT" (https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7); nothing for any other,
/// nor for years that the system's clock does not know (from 2262 on).
[[nodiscard]] std::optional<std::chrono::system_clock::time_point> parse_http_date(
    std::string_view text);

}  // namespace lk::aws
