#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace lk::wire {

/// The bytes of the UTF-8 character at the beginning of `text`: 1 to 4; 0 when it begins with
/// none (a stray or missing continuation byte, an overlong form, a surrogate, above U+10FFFF).
[[nodiscard]] std::size_t utf8_character_bytes(std::string_view text) noexcept;

/// True for text of ASCII alone: most of what Kinesis's messages carry.
[[nodiscard]] inline bool is_ascii(std::string_view text) noexcept {
    std::uint64_t seen = 0;
    std::size_t at = 0;
    for (; at + 8 <= text.size(); at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data() + at, 8);
        seen |= word;
    }
    for (; at < text.size(); ++at) seen |= static_cast<std::uint8_t>(text[at]);
    return (seen & 0x8080808080808080U) == 0;
}

[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

/// `text` with U+FFFD in place of each byte that is not part of a character.
[[nodiscard]] std::string replace_invalid_utf8(std::string_view text);

}  // namespace lk::wire
