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

/// The same for a token, which is one word: without the space around it, and refused when empty
/// or with space or control characters within.
[[nodiscard]] Expected<WipedText, Error> read_token_file(const std::string& path,
                                                         std::string_view from);

}  // namespace lk::credentials
