#pragma once

#include <cstdint>
#include <string>

namespace lk::local {

// Both are the same in every locale. Milliseconds since the epoch.

/// "Thu, 22 Jan 2015 01:22:02 GMT", as HTTP's Date header wants it (RFC 9110, 5.6.7).
[[nodiscard]] std::string http_date(std::int64_t ms);

/// "Thu Jan 22 01:22:02 UTC 2015", as Kinesis writes times in its messages.
[[nodiscard]] std::string message_date(std::int64_t ms);

}  // namespace lk::local
