#pragma once

#include <string>

namespace lk::http {

/// Whether the URL names this machine: localhost, 127.0.0.0/8 or ::1. A proxy is somewhere else
/// and can not reach that. False for what is no URL.
[[nodiscard]] bool is_loopback(const std::string& url);

}  // namespace lk::http
