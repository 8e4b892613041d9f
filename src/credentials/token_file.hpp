#pragma once

#include <string>
#include <string_view>

#include <lk/error.hpp>
#include <lk/expected.hpp>

#include "base/wiped_text.hpp"

namespace lk::credentials {

/// A small file that may hold secrets; at most 1 MiB. Fails with `credentials`, naming the path
/// and the setting (`from`) that named it.
[[nodiscard]] Expected<WipedText, Error> read_secret_file(const std::string& path,
                                                          std::string_view from);

/// Whether a token may consist of several words, as the value of a header Authorization may
/// ("Basic …").
enum class Spaces : bool { refused, allowed };

/// The same for a token: without the space around it, and refused when empty, with control
/// characters, or with spaces within that are not allowed.
[[nodiscard]] Expected<WipedText, Error> read_token_file(const std::string& path,
                                                         std::string_view from,
                                                         Spaces spaces = Spaces::refused);

}  // namespace lk::credentials
