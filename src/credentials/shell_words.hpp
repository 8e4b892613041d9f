#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/wiped_text.hpp"

namespace lk::credentials {

/// Splits a command into words by the quoting rules of a POSIX shell, without expanding anything,
/// as Python's shlex.split() does it for the AWS CLI. Nothing when a quotation mark or a backslash
/// stays open.
[[nodiscard]] std::optional<std::vector<WipedText>> split_words(std::string_view command);

}  // namespace lk::credentials
