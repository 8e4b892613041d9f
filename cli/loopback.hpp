#pragma once

#include <string_view>

namespace lk::cli {

/// True when an endpoint's host can only be this machine: localhost (RFC 6761), 127.0.0.0/8 or
/// ::1. Nothing is looked up.
[[nodiscard]] bool is_loopback_endpoint(std::string_view url);

}  // namespace lk::cli
