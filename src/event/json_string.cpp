#include <algorithm>
#include <array>
#include <cstring>

#include "event/eight_bytes.hpp"
#include "event/json_text.hpp"

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

/// How many bytes stand before the first one that is escaped in a string.
std::size_t plain_bytes(std::string_view text) noexcept {
    const char* at = text.data();
    const char* const end = at + text.size();
    for (; end - at >= 8; at += 8) {
        const std::uint64_t found = eight_bytes::escaped(eight_bytes::load(at));
        if (found != 0)
            return static_cast<std::size_t>(at - text.data() + eight_bytes::first(found));
    }
    while (at != end && letter_of(*at) == 0) ++at;
    return static_cast<std::size_t>(at - text.data());
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
    const char* at = utf8.data();
    const char* const end = at + utf8.size();
    while (at != end) {
        if (end - at >= 8) {
            const std::uint64_t found = eight_bytes::escaped(eight_bytes::load(at));
            if (found == 0) {
                at += 8;
                continue;
            }
            at += eight_bytes::first(found);
        }
        const char letter = letter_of(*at++);
        if (letter != 0) bytes += letter == 'u' ? 5 : 1;
    }
    return bytes;
}

char* write_json_string(char* out, std::string_view utf8) noexcept {
    *out++ = '"';
    const char* at = utf8.data();
    const char* const end = at + utf8.size();
    while (at != end) {
        if (end - at >= 8) {
            const std::uint64_t found = eight_bytes::escaped(eight_bytes::load(at));
            const std::ptrdiff_t plain = found == 0 ? 8 : eight_bytes::first(found);
            // All eight are written in one move where they are plain. Otherwise no more than
            // what is wanted: the caller's memory may end there.
            if (found == 0) {
                std::memcpy(out, at, 8);
            } else {
                std::memcpy(out, at, static_cast<std::size_t>(plain));
            }
            at += plain;
            out += plain;
            if (found == 0) continue;
        }
        const char c = *at++;
        const char letter = letter_of(c);
        if (letter == 0) {
            *out++ = c;
            continue;
        }
        *out++ = '\\';
        *out++ = letter;
        if (letter != 'u') continue;
        *out++ = '0';
        *out++ = '0';
        *out++ = hex[static_cast<unsigned char>(c) >> 4U];
        *out++ = hex[static_cast<unsigned char>(c) & 15U];
    }
    *out++ = '"';
    return out;
}

bool read_json_string(std::string_view& left, std::string& utf8) {
    if (!left.starts_with('"')) return false;
    left.remove_prefix(1);
    utf8.clear();
    while (true) {
        const std::size_t plain = plain_bytes(left);
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
