#include "wire/printable.hpp"

#include <algorithm>

#include "wire/utf8.hpp"

namespace lk::wire {
namespace {

bool is_white_space(std::string_view character) noexcept {
    return character == " " || character == "\t" || character == "\r" || character == "\n";
}

bool is_control(std::string_view character) noexcept {
    const auto first = static_cast<unsigned char>(character.front());
    const auto last = static_cast<unsigned char>(character.back());
    // U+0000 to U+001F and U+007F; U+0080 to U+009F, which begin with C2.
    return first < 0x20 || first == 0x7F || (first == 0xC2 && last < 0xA0);
}

}  // namespace

std::string printable_beginning(std::string_view bytes, std::size_t most_characters) {
    std::string out;
    bool space_before = false;
    for (std::size_t characters = 0; !bytes.empty() && characters < most_characters;) {
        const std::size_t length = utf8_character_bytes(bytes);
        const std::string_view character = bytes.substr(0, std::max<std::size_t>(length, 1));
        bytes.remove_prefix(character.size());
        if (is_white_space(character)) {
            space_before = !out.empty();
            continue;
        }
        if (length == 0 || is_control(character)) continue;
        if (space_before) {
            if (++characters == most_characters) break;
            out += ' ';
            space_before = false;
        }
        out += character;
        ++characters;
    }
    return out;
}

}  // namespace lk::wire
