#pragma once

#include <string>
#include <string_view>

namespace lk::cli {

/// The library's message without the identifiers of requests in it, which differ each time: what is
/// left is equal where two requests failed in the same way.
[[nodiscard]] std::string without_request_ids(std::string_view message);

}  // namespace lk::cli
