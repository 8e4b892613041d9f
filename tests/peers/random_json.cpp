#include "random_json.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <cstdio>
#include <string_view>

namespace lk::peers {
namespace {

void append_utf8(std::string& out, char32_t c) {
    const auto put = [&out](char32_t byte) { out += static_cast<char>(byte); };
    if (c < 0x80) {
        put(c);
    } else if (c < 0x800) {
        put(0xC0 | (c >> 6));
        put(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        put(0xE0 | (c >> 12));
        put(0x80 | ((c >> 6) & 0x3F));
        put(0x80 | (c & 0x3F));
    } else {
        put(0xF0 | (c >> 18));
        put(0x80 | ((c >> 12) & 0x3F));
        put(0x80 | ((c >> 6) & 0x3F));
        put(0x80 | (c & 0x3F));
    }
}

std::string printed(const char* format, auto value) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), format, value);
    return text.data();
}

void append_unit(std::string& out, char32_t unit, bool upper_case) {
    out += printed(upper_case ? "\\u%04X" : "\\u%04x", static_cast<unsigned>(unit));
}

void append_escaped(std::string& out, char32_t c, bool upper_case) {
    if (c < 0x10000) return append_unit(out, c, upper_case);
    append_unit(out, 0xD800 + ((c - 0x10000) >> 10), upper_case);
    append_unit(out, 0xDC00 + ((c - 0x10000) & 0x3FF), upper_case);
}

}  // namespace

std::uint64_t RandomJson::below(std::uint64_t bound) {
    return engine_() % bound;
}

char32_t RandomJson::character() {
    using namespace std::string_view_literals;
    static constexpr std::u32string_view troublesome =
        U"\"\\/\b\f\n\r\t\u0000\u0001\u001f\u007f\u0080\u009f\u00a0\u00ad\u0301\u200b\u200d\u202e"
        U"\u2028\u2029\ufeff\ufffd\ufffe\uffff\U0001F600\U0001F468\U000E0001\U0010FFFF<>&'$`"sv;
    switch (below(8)) {
        case 0: return troublesome[below(troublesome.size())];
        case 1: return static_cast<char32_t>(below(0x20));
        case 2: return static_cast<char32_t>(0x80 + below(0x780));
        case 3: {
            const auto c = static_cast<char32_t>(below(0x10000));
            return c >= 0xD800 && c < 0xE000 ? c - 0x800 : c;
        }
        case 4: return static_cast<char32_t>(0x10000 + below(0x100000));
        default: return static_cast<char32_t>(0x20 + below(0x5F));
    }
}

std::string RandomJson::text(std::size_t max_characters) {
    // Mostly short: a long string finds little more than a short one, and takes as long as many.
    const std::size_t limit =
        one_in(10) ? max_characters : std::min<std::size_t>(max_characters, 12);
    std::string made;
    for (std::size_t left = below(limit + 1); left > 0; --left) append_utf8(made, character());
    return made;
}

std::string RandomJson::uuid() {
    const std::uint64_t high = (engine_() & ~0xF000ULL) | 0x4000;
    const std::uint64_t low = (engine_() & ~(3ULL << 62)) | (2ULL << 62);
    std::string hex = printed("%016lx", high) + printed("%016lx", low);
    for (const std::size_t dash : {8U, 13U, 18U, 23U}) hex.insert(dash, 1, '-');
    return hex;
}

std::string RandomJson::string_literal(std::size_t max_characters) {
    std::string made = "\"";
    for (std::size_t left = below(max_characters + 1); left > 0; --left) {
        if (one_in(200)) {
            append_unit(made, static_cast<char32_t>(0xD800 + below(0x800)), one_in(2));
            continue;
        }
        const char32_t c = character();
        static constexpr std::string_view short_escaped = "\"\\/\b\f\n\r\t";
        static constexpr std::string_view short_letters = "\"\\/bfnrt";
        const auto index = c < 0x80 ? short_escaped.find(static_cast<char>(c)) : std::string::npos;
        if (index != std::string::npos && !one_in(4)) {
            made += '\\';
            made += short_letters[index];
        } else if (c < 0x20 || c == '"' || c == '\\' || one_in(12)) {
            append_escaped(made, c, one_in(2));
        } else {
            append_utf8(made, c);
        }
    }
    return made + '"';
}

std::string RandomJson::number() {
    const char* const sign = one_in(3) ? "-" : "";
    switch (below(8)) {
        case 0: return sign + std::to_string(below(100));
        case 1: {  // Any double there is.
            const auto any = std::bit_cast<double>(engine_());
            return std::isfinite(any) ? printed("%.17g", any) : "0.1";
        }
        case 2:  // Where the form with an exponent begins and ends.
            return sign + printed("%.17g", std::pow(10.0, static_cast<double>(below(60)) - 30));
        case 3:  // Around what a double can count.
            return sign + std::to_string((1ULL << (50 + below(14))) + below(5) - 2);
        case 4:
            return sign + std::to_string(below(1'000'000)) + "." + std::to_string(below(10'000));
        case 5:  // Longer than any double.
            return sign + std::to_string(1 + below(9)) + std::to_string(engine_()) +
                   std::to_string(engine_()) + "." + std::to_string(engine_());
        case 6:  // Every spelling of an exponent, over the edge on both sides.
            return sign + std::to_string(below(10)) +
                   (one_in(2) ? "." + std::to_string(below(99)) : "") + (one_in(2) ? "e" : "E") +
                   (one_in(3)   ? "+"
                    : one_in(2) ? "-"
                                : "") +
                   std::to_string(below(420));
        default: {
            static constexpr std::array spellings = {"0",
                                                     "-0",
                                                     "-0.0",
                                                     "0e5",
                                                     "1.0",
                                                     "100e-2",
                                                     "5e-324",
                                                     "2.5e-324",
                                                     "1e21",
                                                     "1e-7",
                                                     "1e-6",
                                                     "999999999999999999999",
                                                     "1.7976931348623157e308",
                                                     "9007199254740993",
                                                     "18446744073709551616",
                                                     "0.1",
                                                     "4.35",
                                                     "123456789012345680000"};
            return spellings[below(spellings.size())];
        }
    }
}

std::string RandomJson::space() {
    std::string made;
    while (one_in(5)) made += " \t\r\n"[below(4)];
    return made;
}

std::string RandomJson::name() {
    static constexpr std::array meaningful = {
        "\"__proto__\"", "\"constructor\"", "\"toJSON\"",     "\"length\"", "\"\"",
        "\"a\"",         "\"4294967294\"",  "\"4294967295\"", "\"-1\"",     "\"01\""};
    if (one_in(6)) return meaningful[below(meaningful.size())];
    if (one_in(8)) return '"' + std::to_string(below(30)) + '"';
    return string_literal(8);
}

std::string RandomJson::nested(int depth) {
    std::string open;
    std::string close;
    for (; depth > 0; --depth) {
        const bool object = one_in(2);
        open += object ? "{\"n\":" + space() : "[" + space();
        close.insert(0, object ? "}" : "]");
    }
    return open + value(0) + close;
}

std::string RandomJson::value(int depth) {
    const std::uint64_t kind = below(depth > 0 ? 12 : 8);
    if (kind < 3) return string_literal(one_in(50) ? 3000 : 10);
    if (kind < 6) return number();
    if (kind == 6) return "null";
    if (kind == 7) return one_in(2) ? "true" : "false";
    const bool object = kind < 10;
    std::string made = object ? "{" : "[";
    for (std::uint64_t left = below(6); left > 0; --left) {
        made += space();
        if (object) made += name() + space() + ":" + space();
        made += value(depth - 1) + space();
        if (left > 1) made += ',';
    }
    return made + (object ? '}' : ']');
}

std::string RandomJson::json() {
    if (one_in(200)) return nested(static_cast<int>(below(1000)));
    if (one_in(1000)) return string_literal(50'000);
    return space() + value(static_cast<int>(below(6))) + space();
}

}  // namespace lk::peers
