#include "event/exact_json.hpp"

#include <cstring>

#include "event/utf8.hpp"

namespace lk::event {
namespace {

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

bool is_hex_digit(char c) noexcept {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

const char* digits_end(const char* at, const char* end) noexcept {
    while (at != end && is_digit(*at)) ++at;
    return at;
}

}  // namespace

bool ExactJson::document() {
    const char* at = value(skip_space(start_));
    if (at == nullptr) return false;
    const char* const value_end = at;
    while (at != end_ && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')) ++at;
    if (at != end_) {
        fail(JsonFlaw::goes_on, at);
        return false;
    }
    const auto rest = static_cast<std::size_t>(value_end - kept_from_);
    if (copy_ == nullptr || copy_->empty()) {
        compact_ = {kept_from_, rest};
    } else {
        copy_->append(kept_from_, rest, static_cast<std::size_t>(end_ - kept_from_));
        compact_ = copy_->text();
    }
    return true;
}

/// Where value() is, for the functions that are made part of it: local to it, so that a write into
/// an array of characters cannot change it and it stays in registers.
struct ExactJson::Walk {
    const char* const end;
    // Half of the time goes into the ends of strings.
    plain_text::Finder<plain_text::Passes::unescaped_ascii> ends;
    std::size_t depth = 0;

    [[nodiscard]] bool stands(char c, const char* at) const noexcept {
        return at != end && *at == c;
    }
};

[[gnu::always_inline]] inline const char* ExactJson::space(const char* at, const Walk& walk) {
    return at != walk.end && static_cast<unsigned char>(*at) <= ' ' ? skip_space(at) : at;
}

/// After its opening quote. Null: see fault().
[[gnu::always_inline]] inline const char* ExactJson::string_end(const char* after_quote,
                                                                Walk& walk) {
    const char* const at = walk.ends.next(after_quote);
    return walk.stands('"', at) ? at + 1 : string_end_from(at, after_quote);
}

[[gnu::always_inline]] inline const char* ExactJson::name_and_colon(const char* at, JsonFlaw flaw,
                                                                    Walk& walk) {
    if (!walk.stands('"', at)) return fail(flaw, at);
    at = string_end(at + 1, walk);
    if (at == nullptr) return nullptr;
    // Nearly all text is compact already, so a colon is looked for before white space.
    if (!walk.stands(':', at)) {
        at = space(at, walk);
        if (!walk.stands(':', at)) return fail(JsonFlaw::no_colon, at);
    }
    return space(at + 1, walk);
}

/// Opens arrays and objects up to a value that holds no other, and returns that one's end.
[[gnu::always_inline]] inline const char* ExactJson::begin_value(const char* at, Walk& walk) {
    while (true) {
        if (at == walk.end) return fail(JsonFlaw::no_value, at);
        const char first = *at;
        if (first == '"') return string_end(at + 1, walk);
        if (first != '{' && first != '[') return word_or_number_end(at);
        if (walk.depth == max_json_depth) return fail(JsonFlaw::too_deep, at);
        at = space(at + 1, walk);
        if (walk.stands(first == '{' ? '}' : ']', at)) return at + 1;
        open_[walk.depth++] = first;
        if (first == '{') {
            at = name_and_colon(at, JsonFlaw::no_name, walk);
            if (at == nullptr) return nullptr;
        }
    }
}

const char* ExactJson::value(const char* at) {
    Walk walk{end_, decltype(Walk::ends)({at, static_cast<std::size_t>(end_ - at)})};
    while (true) {
        at = begin_value(at, walk);
        // Here a value has ended, and perhaps the arrays and objects around it do as well.
        while (true) {
            if (at == nullptr || walk.depth == 0) return at;
            if (walk.stands(',', at)) break;
            at = space(at, walk);
            if (walk.stands(',', at)) break;
            const bool in_object = open_[walk.depth - 1] == '{';
            if (!walk.stands(in_object ? '}' : ']', at)) {
                return fail(in_object ? JsonFlaw::no_comma_in_object : JsonFlaw::no_comma_in_array,
                            at);
            }
            --walk.depth;
            ++at;
        }
        at = space(at + 1, walk);
        if (open_[walk.depth - 1] == '{') {
            at = name_and_colon(at, JsonFlaw::no_name_after_comma, walk);
            if (at == nullptr) return nullptr;
        }
    }
}

/// The string holds more than plain ASCII: `at` is the first byte that is not.
[[gnu::noinline]] const char* ExactJson::string_end_from(const char* at, const char* after_quote) {
    for (;; at = plain_text::end_of<plain_text::Passes::unescaped_ascii>(at, end_)) {
        if (at == end_) return fail(JsonFlaw::unclosed_string, after_quote - 1);
        if (*at == '"') return at + 1;
        if (*at == '\\') {
            at = escape_end(at);
            if (at == nullptr) return nullptr;
        } else if (static_cast<unsigned char>(*at) < 0x20) {
            return fail(JsonFlaw::control_character, at);
        } else {
            // Where one character is not ASCII, its neighbours seldom are.
            do {
                const char* const next = utf8_sequence_end(at, end_);
                if (next == nullptr) return fail(JsonFlaw::not_utf8, at);
                at = next;
            } while (at != end_ && static_cast<unsigned char>(*at) >= 0x80);
        }
    }
}

const char* ExactJson::escape_end(const char* backslash) {
    const char* at = backslash + 1;
    if (at == end_) return fail(JsonFlaw::unknown_escape, backslash);
    switch (*at) {
        case '"':
        case '\\':
        case '/':
        case 'b':
        case 'f':
        case 'n':
        case 'r':
        case 't': return at + 1;
        case 'u': break;
        default: return fail(JsonFlaw::unknown_escape, backslash);
    }
    ++at;
    for (int count = 0; count < 4; ++count, ++at) {
        if (at == end_ || !is_hex_digit(*at)) {
            return fail(JsonFlaw::short_unicode_escape, backslash);
        }
    }
    return at;
}

/// The word's length is known where it is compiled, so that no function is called to compare it.
template <std::size_t with_zero>
const char* ExactJson::word_end(const char* at, const char (&word)[with_zero]) {
    constexpr std::size_t bytes = with_zero - 1;
    if (static_cast<std::size_t>(end_ - at) < bytes || std::memcmp(at, word, bytes) != 0) {
        return fail(JsonFlaw::misspelt_word, at);
    }
    return at + bytes;
}

const char* ExactJson::word_or_number_end(const char* at) {
    switch (*at) {
        case 't': return word_end(at, "true");
        case 'f': return word_end(at, "false");
        case 'n': return word_end(at, "null");
        default: return number_end(at);
    }
}

const char* ExactJson::number_end(const char* at) {
    const char* const number = at;
    if (*at == '-') ++at;
    if (at == end_ || !is_digit(*at)) {
        return at == number ? fail(JsonFlaw::no_value, at) : fail(JsonFlaw::no_digit, at);
    }
    if (*at == '0') {
        ++at;
        if (at != end_ && is_digit(*at)) return fail(JsonFlaw::leading_zero, at - 1);
    } else {
        at = digits_end(at, end_);
    }
    if (at != end_ && *at == '.') {
        const char* const digits = at + 1;
        at = digits_end(digits, end_);
        if (at == digits) return fail(JsonFlaw::no_digit, at);
    }
    if (at != end_ && (*at == 'e' || *at == 'E')) {
        ++at;
        if (at != end_ && (*at == '+' || *at == '-')) ++at;
        const char* const digits = at;
        at = digits_end(digits, end_);
        if (at == digits) return fail(JsonFlaw::no_digit, at);
    }
    return at;
}

[[gnu::noinline]] const char* ExactJson::skip_space(const char* at) {
    const char* const space_from = at;
    while (at != end_ && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')) ++at;
    if (at == space_from) return at;
    // The grammar has no place for it, so the caller finds the fault.
    if (copy_ == nullptr) return space_from;
    if (space_from != kept_from_) {
        if (copy_->empty()) copy_->reserve(static_cast<std::size_t>(end_ - start_));
        copy_->append(kept_from_, static_cast<std::size_t>(space_from - kept_from_),
                      static_cast<std::size_t>(end_ - kept_from_));
    }
    kept_from_ = at;
    return at;
}

[[gnu::noinline, gnu::cold]] const char* ExactJson::fail(JsonFlaw flaw, const char* at) noexcept {
    fault_ = {flaw, at};
    return nullptr;
}

}  // namespace lk::event
