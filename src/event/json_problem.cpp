#include "event/exact_json.hpp"

namespace lk::event {
namespace {

std::string code_point_name(unsigned char byte) {
    constexpr std::string_view hex = "0123456789ABCDEF";
    return {'U', '+', '0', '0', hex[byte >> 4U], hex[byte & 15U]};
}

std::string hex_bytes(std::string_view bytes) {
    constexpr std::string_view hex = "0123456789ABCDEF";
    std::string out;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        if (!out.empty()) out += ' ';
        out += hex[byte >> 4U];
        out += hex[byte & 15U];
    }
    return out;
}

/// What stands at the fault, as it can be shown to people.
std::string found(std::string_view rest) {
    if (rest.empty()) return "where the text ends";
    const auto byte = static_cast<unsigned char>(rest.front());
    if (byte == 0x7F || byte < 0x20) return "where " + code_point_name(byte) + " stands";
    if (byte >= 0x80) return "where the byte " + hex_bytes(rest.substr(0, 1)) + " stands";
    return std::string("where ") + rest.front() + " stands";
}

std::string name_is_missing(std::string_view rest, const std::string& what, const std::string& at) {
    if (rest.starts_with('\'')) return "a single quote stands" + at + "; JSON's names take \"";
    return what + at + ", " + found(rest);
}

std::string value_is_missing(std::string_view text, std::string_view rest, const std::string& at) {
    if (text.empty()) return "the text is empty; for no data pass none, for null write null";
    if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
        return "the text holds only white space; for no data pass none, for null write null";
    }
    if (rest.starts_with("\xEF\xBB\xBF")) {
        return "a byte order mark (EF BB BF) stands" + at + "; leave it out";
    }
    if (rest.starts_with('\'')) return "a single quote stands" + at + "; JSON's strings take \"";
    if (rest.starts_with('/'))
        return "a value is missing" + at + ", where / stands; JSON has no comments";
    return "a value is missing" + at + ", " + found(rest);
}

}  // namespace

std::string describe(const JsonFault& fault, std::string_view text) {
    const auto offset = static_cast<std::size_t>(fault.at - text.data());
    const std::string_view rest = text.substr(offset);
    const std::string at = " at byte " + std::to_string(offset + 1);
    switch (fault.flaw) {
        case JsonFlaw::no_value: return value_is_missing(text, rest, at);
        case JsonFlaw::misspelt_word: return "true, false or null is misspelt" + at;
        case JsonFlaw::no_name:
            return name_is_missing(rest, "a name in quotes or } is missing", at);
        case JsonFlaw::no_name_after_comma:
            return name_is_missing(rest, "a name in quotes is missing after the comma", at);
        case JsonFlaw::no_colon: return "a colon is missing" + at + ", " + found(rest);
        case JsonFlaw::no_comma_in_object:
            return "a comma or } is missing" + at + ", " + found(rest);
        case JsonFlaw::no_comma_in_array:
            return "a comma or ] is missing" + at + ", " + found(rest);
        case JsonFlaw::unclosed_string:
            return "the string that starts" + at + " has no closing quote";
        case JsonFlaw::control_character:
            return "a string holds " + code_point_name(static_cast<unsigned char>(rest.front())) +
                   at + "; write it as an escape";
        case JsonFlaw::unknown_escape:
            return "the backslash" + at +
                   " starts none of JSON's escapes (\\\" \\\\ \\/ \\b \\f \\n"
                   " \\r \\t \\u0000); for a backslash itself write two";
        case JsonFlaw::short_unicode_escape: return "\\u" + at + " needs four hexadecimal digits";
        case JsonFlaw::not_utf8:
            return "the text is not UTF-8" + at + " (" + hex_bytes(rest.substr(0, 4)) + ")";
        case JsonFlaw::leading_zero: return "a number has a leading zero" + at;
        case JsonFlaw::no_digit: return "a digit of a number is missing" + at + ", " + found(rest);
        case JsonFlaw::too_deep:
            return "arrays and objects are nested deeper than " + std::to_string(max_json_depth) +
                   " levels" + at + "; flatten the data";
        case JsonFlaw::goes_on:
            return "the text goes on after the JSON value" + at + ", " + found(rest) +
                   "; an event takes one value";
    }
    return "the text is not JSON" + at;
}

}  // namespace lk::event
