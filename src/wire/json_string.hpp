#pragma once

#include <string>
#include <string_view>

namespace lk::wire {

/// Writes `text` as it stands inside a JSON string, without the quotes. Escaped is only what must
/// be: `"`, `\` and U+0000–001F; all other bytes pass as they are.
void append_json_escaped(std::string& out, std::string_view text);

}  // namespace lk::wire
