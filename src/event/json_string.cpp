#include <algorithm>
#include <array>
#include <cstring>

#include "event/json_text.hpp"
#include "event/plain_text.hpp"

namespace lk::event {
namespace {

constexpr std::string_view hex = "0123456789abcdef";

/// The letter of the short escape, 'u' where only \u00xx serves, 0 where none is needed.
constexpr std::array<char, 256> escape_letters = [] {
    std::array<char, 256> letters{};
    for (std::size_t byte = 0; byte < 0x20; ++byte) letters[byte] = 'u';
    letters['\b'] = 'b';
    letters['\t'] = 't';
    letters['\n'] = 'n';
    letters['\f'] = 'f';
    letters['\r'] = 'r';
    letters['"'] = '"';
    letters['\\'] = '\\';
    return letters;
}();

char letter_of(char c) noexcept {
    return escape_letters[static_cast<unsigned char>(c)];
}

/// The first byte that is escaped in a string, or `end`.
const char* plain_end(const char* at, const char* end) noexcept {
    return plain_text::end_of<plain_text::Passes::unescaped>(at, end);
}

/// Appends what the escape at the start of `text` stands for; its length, or 0 where there is none
/// or write_json_string would have written it otherwise.
std::size_t read_escape(std::string_view text, std::string& out) {
    if (text.size() < 2 || text[0] != '\\') return 0;
    const auto* const found = std::find(escape_letters.begin(), escape_letters.end(), text[1]);
    if (text[1] == '\0' || found == escape_letters.end()) return 0;
    if (text[1] != 'u') {
        out += static_cast<char>(found - escape_letters.begin());
        return 2;
    }
    constexpr std::size_t bytes = 6;
    if (text.size() < bytes || text[2] != '0' || text[3] != '0') return 0;
    const std::size_t high = hex.find(text[4]);
    const std::size_t low = hex.find(text[5]);
    if (high == hex.npos || low == hex.npos) return 0;
    const auto c = static_cast<char>(high * 16 + low);
    if (letter_of(c) != 'u') return 0;
    out += c;
    return bytes;
}

}  // namespace

std::size_t json_string_bytes(std::string_view utf8) noexcept {
    std::size_t bytes = utf8.size() + 2;
    const char* const end = utf8.data() + utf8.size();
    const char* at = plain_end(utf8.data(), end);
    for (; at != end; at = plain_end(at + 1, end)) bytes += letter_of(*at) == 'u' ? 5U : 1U;
    return bytes;
}

char* write_json_string(char* out, std::string_view utf8) noexcept {
    *out++ = '"';
    const char* at = utf8.data();
    const char* const end = at + utf8.size();
    while (true) {
        const char* const escaped = plain_end(at, end);
        out = std::copy(at, escaped, out);
        if (escaped == end) break;
        at = escaped + 1;
        const char letter = letter_of(*escaped);
        *out++ = '\\';
        *out++ = letter;
        if (letter != 'u') continue;
        *out++ = '0';
        *out++ = '0';
        *out++ = hex[static_cast<unsigned char>(*escaped) >> 4U];
        *out++ = hex[static_cast<unsigned char>(*escaped) & 15U];
    }
    *out++ = '"';
    return out;
}

bool read_json_string(std::string_view& left, std::string& utf8) {
    if (!left.starts_with('"')) return false;
    left.remove_prefix(1);
    utf8.clear();
    while (true) {
        const auto plain = static_cast<std::size_t>(
            plain_end(left.data(), left.data() + left.size()) - left.data());
        utf8.append(left, 0, plain);
        left.remove_prefix(plain);
        if (left.starts_with('"')) break;
        const std::size_t bytes = read_escape(left, utf8);
        if (bytes == 0) return false;
        left.remove_prefix(bytes);
    }
    left.remove_prefix(1);
    return is_utf8(utf8);
}

}  // namespace lk::event
