#pragma once

#include <optional>
#include <string_view>

#include "wire/error_answer.hpp"

namespace lk::wire {

/// Reads the small XML that AWS's front answers with when it can not tell the service or the
/// encoding. Two shapes occur: `<Error><Code>…</Code><Message>…</Message></Error>`, at any depth,
/// and one whose outermost element names the error itself, such as
/// `<AccessDeniedException><Message>…</Message></AccessDeniedException>` or
/// `<UnknownOperationException/>`. Nothing when the text is neither (a proxy's page, say).
[[nodiscard]] std::optional<ErrorAnswer> read_error_xml(std::string_view text);

}  // namespace lk::wire
