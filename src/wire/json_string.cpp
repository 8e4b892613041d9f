#include "wire/json_string.hpp"

#include <array>
#include <cstdint>
#include <cstring>

namespace lk::wire {
namespace {

bool must_be_escaped(char character) noexcept {
    return static_cast<std::uint8_t>(character) < 0x20 || character == '"' || character == '\\';
}

// Eight characters at once. May see one too many (a byte after a match), never one too few.
bool may_need_escapes(std::uint64_t word) noexcept {
    constexpr std::uint64_t ones = 0x0101010101010101U;
    constexpr std::uint64_t high = 0x8080808080808080U;
    const auto has_zero = [](std::uint64_t bytes) { return (bytes - ones) & ~bytes & high; };
    const std::uint64_t control = (word - ones * 0x20) & ~word & high;
    return (control | has_zero(word ^ ones * '"') | has_zero(word ^ ones * '\\')) != 0;
}

// Where the first character stands that must be escaped; text.size() when none does.
std::size_t plain_bytes(std::string_view text) noexcept {
    std::size_t at = 0;
    while (at + 8 <= text.size()) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data() + at, 8);
        if (may_need_escapes(word)) break;
        at += 8;
    }
    while (at < text.size() && !must_be_escaped(text[at])) ++at;
    return at;
}

// What stands behind the backslash; 0 where that is the character's number.
char short_escape(char character) noexcept {
    switch (character) {
        case '"': return '"';
        case '\\': return '\\';
        case '\b': return 'b';
        case '\t': return 't';
        case '\n': return 'n';
        case '\f': return 'f';
        case '\r': return 'r';
        default: return 0;
    }
}

constexpr std::size_t short_escape_bytes = 2;
constexpr std::size_t number_escape_bytes = 6;

void append_escape(std::string& out, char character) {
    if (const char escape = short_escape(character); escape != 0) {
        out += {'\\', escape};
        return;
    }
    constexpr std::string_view digits = "0123456789abcdef";
    const auto code = static_cast<std::uint8_t>(character);
    out += {'\\', 'u', '0', '0', digits[code >> 4], digits[code & 15]};
}

}  // namespace

void append_json_escaped(std::string& out, std::string_view text) {
    while (true) {
        const std::size_t plain = plain_bytes(text);
        out.append(text.substr(0, plain));
        if (plain == text.size()) return;
        append_escape(out, text[plain]);
        text.remove_prefix(plain + 1);
    }
}

std::size_t json_escaped_bytes(std::string_view text) noexcept {
    std::size_t bytes = text.size();
    while (true) {
        const std::size_t plain = plain_bytes(text);
        if (plain == text.size()) return bytes;
        bytes += (short_escape(text[plain]) != 0 ? short_escape_bytes : number_escape_bytes) - 1;
        text.remove_prefix(plain + 1);
    }
}

}  // namespace lk::wire
