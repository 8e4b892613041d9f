#include "aws/ini_parser.hpp"

#include <algorithm>
#include <cstring>
#include <string>

namespace lk::aws {
namespace {

bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

std::string_view between(const char* begin, const char* end) {
    return {begin, static_cast<std::size_t>(end - begin)};
}

// The length of the UTF-8 character at the front (RFC 3629, section 4), or 0 when it is none.
std::size_t character_bytes(std::string_view text) {
    const auto byte = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    const auto goes_on = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
    const unsigned first = byte(0);
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first <= 0xDF) return goes_on(1) ? 2 : 0;
    if (first >= 0xE0 && first <= 0xEF) {
        const bool overlong = first == 0xE0 && byte(1) < 0xA0;
        const bool surrogate = first == 0xED && byte(1) > 0x9F;
        return goes_on(1) && goes_on(2) && !overlong && !surrogate ? 3 : 0;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        const bool overlong = first == 0xF0 && byte(1) < 0x90;
        const bool beyond = first == 0xF4 && byte(1) > 0x8F;
        return goes_on(1) && goes_on(2) && goes_on(3) && !overlong && !beyond ? 4 : 0;
    }
    return 0;
}

bool is_text(std::string_view text) {
    while (!text.empty()) {
        const std::size_t bytes = text.front() == '\0' ? 0 : character_bytes(text);
        if (bytes == 0) return false;
        text.remove_prefix(bytes);
    }
    return true;
}

}  // namespace

std::optional<Error> IniParser::parse(char* text, std::size_t size_bytes) {
    char* at = text;
    char* const end = text + size_bytes;
    if (between(at, end).starts_with("\xEF\xBB\xBF")) at += 3;
    while (at != end) {
        ++line_;
        char* const line_end = std::find_if(at, end, [](char c) { return c == '\n' || c == '\r'; });
        char* next = line_end;
        if (next != end) next += between(next, end).starts_with("\r\n") ? 2 : 1;
        if (!is_text(between(at, line_end))) {
            return refused("holds bytes that are not text in UTF-8; save the file as UTF-8");
        }
        char* const begin = std::find_if_not(at, line_end, is_space);
        if (auto error = take({begin, line_end, static_cast<std::size_t>(begin - at)})) {
            return error;
        }
        at = next;
    }
    return std::nullopt;
}

std::optional<Error> IniParser::take(Line line) {
    if (line.begin != line.end && (*line.begin == '#' || *line.begin == ';')) return std::nullopt;
    // Not the line's first character, which is no space.
    line.end = std::adjacent_find(line.begin, line.end,
                                  [](char c, char after) { return is_space(c) && after == '#'; });
    while (line.end != line.begin && is_space(line.end[-1])) --line.end;
    if (line.begin == line.end) {
        ++blank_lines_;
        return std::nullopt;
    }
    if (setting_ != nullptr && line.indent > indent_) return go_on(line);

    indent_ = line.indent;
    const std::string_view text = between(line.begin, line.end);
    const auto bracket = text.rfind(']');
    if (text.front() == '[' && bracket != std::string_view::npos && bracket > 1) {
        begin_section(trimmed(text.substr(1, bracket - 1)));
        return std::nullopt;
    }
    if (section_ == no_section) {
        return refused("stands before the first section; begin with one, such as [default]");
    }
    return begin_setting(line);
}

std::optional<Error> IniParser::go_on(Line line) {
    const std::string_view text = between(line.begin, line.end);
    if (setting_->value.empty()) {
        const auto equals = text.find('=');
        if (equals == std::string_view::npos) {
            return refused("lacks the = of an indented setting");
        }
        setting_->nested.push_back(
            {trimmed(text.substr(0, equals)), trimmed(text.substr(equals + 1)), line_});
        return std::nullopt;
    }
    // Each line break written was read before, so this never overtakes what is still to be read.
    const std::size_t breaks = blank_lines_ + 1;
    std::memset(value_end_, '\n', breaks);
    std::memmove(value_end_ + breaks, text.data(), text.size());
    value_end_ += breaks + text.size();
    setting_->value = between(setting_->value.data(), value_end_);
    blank_lines_ = 0;
    return std::nullopt;
}

IniSection& IniParser::section() {
    return section_ == default_section ? file_.defaults_ : file_.sections_[section_];
}

void IniParser::begin_section(std::string_view name) {
    setting_ = nullptr;
    if (name == "DEFAULT") {
        section_ = default_section;
        return;
    }
    const auto [found, is_new] = by_name_.try_emplace(name, file_.sections_.size());
    section_ = found->second;
    if (is_new) file_.sections_.push_back({.name = name});
}

std::optional<Error> IniParser::begin_setting(Line line) {
    char* const delimiter =
        std::find_if(line.begin, line.end, [](char c) { return c == '=' || c == ':'; });
    if (delimiter == line.end) {
        return refused(*line.begin == '[' ? "begins a section but lacks its ]"
                                          : "is neither a section nor key = value");
    }
    const std::string_view key = trimmed(between(line.begin, delimiter));
    if (key.empty()) return refused("has no key before its =");
    std::transform(line.begin, delimiter, line.begin, [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    setting_ =
        &section()
             .settings
             .insert_or_assign(
                 key, IniSetting{.value = trimmed(between(delimiter + 1, line.end)), .line = line_})
             .first->second;
    value_end_ = line.end;
    blank_lines_ = 0;
    return std::nullopt;
}

Error IniParser::refused(std::string_view why) const {
    return {.code = ErrorCode::bad_option,
            .message = "AWS file \"" + file_.path_ + "\", line " + std::to_string(line_) + ": " +
                       std::string(why)};
}

}  // namespace lk::aws
