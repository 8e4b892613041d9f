#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lk::wire {

/// Enough of whatever `bytes` are to recognise them by, on one line of valid UTF-8: white space
/// becomes single spaces; control characters and bytes that are no text are left out.
[[nodiscard]] std::string printable_beginning(std::string_view bytes, std::size_t most_characters);

}  // namespace lk::wire
