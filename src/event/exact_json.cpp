#include "event/exact_json.hpp"

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
    const char* at = value(space(start_));
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

/// After its opening quote. Null: see fault().
[[gnu::always_inline]] inline const char* ExactJson::string_end(const char* after_quote,
                                                                Ends& ends) {
    const char* const at = ends.next(after_quote);
    return at != end_ && *at == '"' ? at + 1 : string_end_from(at, after_quote);
}

[[gnu::always_inline]] inline const char* ExactJson::name_and_colon(const char* at, JsonFlaw flaw,
                                                                    Ends& ends) {
    if (at == end_ || *at != '"') return fail(flaw, at);
    at = string_end(at + 1, ends);
    if (at == nullptr) return nullptr;
    // Nearly all text is compact already, so a colon is looked for before white space.
    if (at == end_ || *at != ':') {
        at = space(at);
        if (at == end_ || *at != ':') return fail(JsonFlaw::no_colon, at);
    }
    return space(at + 1);
}

/// Opens arrays and objects up to a value that holds no other, and returns that one's end.
[[gnu::always_inline]] inline const char* ExactJson::begin_value(const char* at, Ends& ends) {
    while (true) {
        if (at == end_) return fail(JsonFlaw::no_value, at);
        const char first = *at;
        switch (first) {
            case '"': return string_end(at + 1, ends);
            case 't': return word_end(at, "true");
            case 'f': return word_end(at, "false");
            case 'n': return word_end(at, "null");
            case '{':
            case '[': break;
            default: return number_end(at);
        }
        if (depth_ == max_json_depth) return fail(JsonFlaw::too_deep, at);
        at = space(at + 1);
        const char close = first == '{' ? '}' : ']';
        if (at != end_ && *at == close) return at + 1;
        open_[depth_++] = first;
        if (first == '{') {
            at = name_and_colon(at, JsonFlaw::no_name, ends);
            if (at == nullptr) return nullptr;
        }
    }
}

const char* ExactJson::value(const char* at) {
    Ends ends({at, static_cast<std::size_t>(end_ - at)});
    while (true) {
        at = begin_value(at, ends);
        // Here a value has ended, and perhaps the arrays and objects around it do as well.
        while (true) {
            if (at == nullptr || depth_ == 0) return at;
            const bool in_object = open_[depth_ - 1] == '{';
            if (at != end_ && *at == ',') break;
            at = space(at);
            const char next = at == end_ ? '\0' : *at;
            if (next == ',') break;
            if (next != (in_object ? '}' : ']')) {
                return fail(in_object ? JsonFlaw::no_comma_in_object : JsonFlaw::no_comma_in_array,
                            at);
            }
            --depth_;
            ++at;
        }
        at = space(at + 1);
        if (open_[depth_ - 1] == '{') {
            at = name_and_colon(at, JsonFlaw::no_name_after_comma, ends);
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

const char* ExactJson::word_end(const char* at, std::string_view word) {
    const std::string_view left(at, static_cast<std::size_t>(end_ - at));
    if (!left.starts_with(word)) return fail(JsonFlaw::misspelt_word, at);
    return at + word.size();
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
