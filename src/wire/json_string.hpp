#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lk::wire {

/// Writes `text` as it stands inside a JSON string, without the quotes. Escaped is only what must
/// be: `"`, `\` and U+0000–001F; all other bytes pass as they are.
void append_json_escaped(std::string& out, std::string_view text);

/// How many bytes that writes.
[[nodiscard]] std::size_t json_escaped_bytes(std::string_view text) noexcept;

}  // namespace lk::wire
