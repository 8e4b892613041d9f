#pragma once

#include <string>
#include <string_view>

#include <lk/error.hpp>
#include <lk/expected.hpp>

namespace lk::aws {

/// Where requests go. Written in one way only (lower case, no default port), so that the Host
/// header that is signed is the one an HTTP client sends for the URL.
struct Endpoint {
    std::string url;   ///< Such as "http://localhost:4567/".
    std::string host;  ///< The Host header: "localhost:4567".
    std::string path;  ///< "/" unless the URL had another.
};

/// Reads an endpoint URL: http or https, a host (a name, an IPv4 address, an IPv6 address in
/// brackets), perhaps a port and a path; no user, query or fragment. Fails with `bad_option`;
/// `from` names where the URL was given.
[[nodiscard]] Expected<Endpoint, Error> parse_endpoint(std::string_view url, std::string_view from);

/// Whether the text can be one label of a host name: 1 to 63 letters, digits and hyphens, none of
/// those first or last (https://www.rfc-editor.org/rfc/rfc1123#page-13).
[[nodiscard]] bool is_host_label(std::string_view text) noexcept;

}  // namespace lk::aws
