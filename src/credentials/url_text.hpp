#pragma once

#include <string_view>

#include "base/wiped_text.hpp"

namespace lk::credentials {

/// Text as it may stand in a query or a form: all but unreserved characters as %-escapes
/// (https://www.rfc-editor.org/rfc/rfc3986#section-2.3).
[[nodiscard]] WipedText url_text(std::string_view text);

}  // namespace lk::credentials
