#pragma once

#include <string>
#include <string_view>

namespace lk::http {

/// What is wrong with a proxy's URL, and what it takes; empty when nothing is: http or https, a
/// host, perhaps a user with a password and a port, no path. Never quotes the URL, in which a
/// password may stand.
[[nodiscard]] std::string problem_of_proxy(std::string_view url);

}  // namespace lk::http
