#include "wire/error_answer_xml.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

namespace lk::wire {
namespace {

constexpr auto npos = std::string_view::npos;

// What stands between the two tags, wherever they first occur.
std::optional<std::string_view> element_text(std::string_view xml, std::string_view open,
                                             std::string_view close) {
    const auto at = xml.find(open);
    if (at == npos) return std::nullopt;
    const auto begin = at + open.size();
    const auto end = xml.find(close, begin);
    if (end == npos) return std::nullopt;
    return xml.substr(begin, end - begin);
}

// The outermost element's name when it is an error's.
std::string_view root_error_name(std::string_view xml) {
    if (xml.starts_with("<?")) {
        const auto end = xml.find("?>");
        if (end == npos) return {};
        xml.remove_prefix(end + 2);
    }
    const auto open = xml.find('<');
    if (open == npos) return {};
    xml.remove_prefix(open + 1);
    const auto name = xml.substr(0, xml.find_first_of(" \t\r\n/>"));
    return name.ends_with("Exception") ? name : std::string_view{};
}

void append_utf8(std::string& out, std::uint32_t code) {
    const auto byte = [&out](std::uint32_t value) { out += static_cast<char>(value); };
    const auto continued = [&](int shift) { byte(0x80 | (code >> shift & 0x3F)); };
    if (code < 0x80) {
        byte(code);
    } else if (code < 0x800) {
        byte(0xC0 | code >> 6);
        continued(0);
    } else if (code < 0x10000) {
        byte(0xE0 | code >> 12);
        continued(6);
        continued(0);
    } else {
        byte(0xF0 | code >> 18);
        continued(12);
        continued(6);
        continued(0);
    }
}

// Decodes what stands between & and ;. False when that is no entity that XML itself defines.
bool append_entity(std::string& out, std::string_view entity) {
    constexpr std::array<std::pair<std::string_view, char>, 5> named{
        {{"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}}};
    for (const auto& [name, character] : named) {
        if (entity != name) continue;
        out += character;
        return true;
    }
    if (!entity.starts_with('#')) return false;
    entity.remove_prefix(1);
    const bool hexadecimal = entity.starts_with('x');
    if (hexadecimal) entity.remove_prefix(1);
    std::uint32_t code = 0;
    const auto* const end = entity.data() + entity.size();
    const auto [stop, error] = std::from_chars(entity.data(), end, code, hexadecimal ? 16 : 10);
    const bool is_surrogate = code >= 0xD800 && code <= 0xDFFF;
    if (error != std::errc{} || stop != end || code > 0x10FFFF || is_surrogate) return false;
    append_utf8(out, code);
    return true;
}

std::string decode_entities(std::string_view text) {
    constexpr std::size_t longest_entity = 10;
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const auto ampersand = std::min(text.find('&'), text.size());
        out += text.substr(0, ampersand);
        text.remove_prefix(ampersand);
        if (text.empty()) break;
        const auto semicolon = text.substr(0, longest_entity).find(';');
        if (semicolon != npos && append_entity(out, text.substr(1, semicolon - 1))) {
            text.remove_prefix(semicolon + 1);
        } else {
            out += '&';
            text.remove_prefix(1);
        }
    }
    return out;
}

}  // namespace

std::optional<ErrorAnswer> read_error_xml(std::string_view text) {
    const auto code = element_text(text, "<Code>", "</Code>");
    const auto message = element_text(text, "<Message>", "</Message>");
    const auto root = root_error_name(text);
    if (!code && !message && root.empty()) return std::nullopt;
    return ErrorAnswer{.code = decode_entities(code.value_or(root)),
                       .message = decode_entities(message.value_or(std::string_view{}))};
}

}  // namespace lk::wire
