#include "wire/utf8.hpp"

#include <simdjson.h>

namespace lk::wire {
namespace {

constexpr std::string_view replacement_character = "\xEF\xBF\xBD";

}  // namespace

std::size_t utf8_character_bytes(std::string_view text) noexcept {
    if (text.empty()) return 0;
    const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(text[at]); };
    const std::uint8_t first = byte(0);
    if (first < 0x80) return 1;

    // The second byte's range depends on the first (Unicode 15, table 3-7): that is what rules out
    // overlong forms, surrogates and everything above U+10FFFF.
    std::size_t length = 0;
    std::uint8_t least = 0x80;
    std::uint8_t most = 0xBF;
    if (first >= 0xC2 && first <= 0xDF) {
        length = 2;
    } else if (first >= 0xE0 && first <= 0xEF) {
        length = 3;
        if (first == 0xE0) least = 0xA0;
        if (first == 0xED) most = 0x9F;
    } else if (first >= 0xF0 && first <= 0xF4) {
        length = 4;
        if (first == 0xF0) least = 0x90;
        if (first == 0xF4) most = 0x8F;
    } else {
        return 0;
    }
    if (text.size() < length || byte(1) < least || byte(1) > most) return 0;
    for (std::size_t at = 2; at < length; ++at) {
        if ((byte(at) & 0xC0) != 0x80) return 0;
    }
    return length;
}

bool is_utf8(std::string_view text) noexcept {
    return is_ascii(text) || simdjson::validate_utf8(text.data(), text.size());
}

std::string replace_invalid_utf8(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const std::size_t length = utf8_character_bytes(text);
        out += length == 0 ? replacement_character : text.substr(0, length);
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return out;
}

}  // namespace lk::wire
