#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "event/compact_copy.hpp"
#include "event/plain_text.hpp"

namespace lk::event {

/// Arrays and objects may be nested this deep.
inline constexpr std::size_t max_json_depth = 1024;

enum class JsonFlaw {
    no_value,
    misspelt_word,
    no_name,
    no_name_after_comma,
    no_colon,
    no_comma_in_object,
    no_comma_in_array,
    unclosed_string,
    control_character,
    unknown_escape,
    short_unicode_escape,
    not_utf8,
    leading_zero,
    no_digit,
    too_deep,
    goes_on,
};

struct JsonFault {
    JsonFlaw flaw = JsonFlaw::no_value;
    /// Where in the text; its end when something is missing there.
    const char* at = nullptr;
};

/// Says in words what is wrong with `text`.
[[nodiscard]] std::string describe(const JsonFault& fault, std::string_view text);

/// Reads JSON text once, byte for byte by RFC 8259's grammar, and keeps nothing but where it is:
/// numbers and escapes are never evaluated, so none of them is out of range. Needs no memory
/// beyond itself, however deep the text.
///
/// Why not simdjson: for texts of an event's size its DOM is about as quick, once it is also asked
/// where the white space is (measured: from a fifth slower to a third quicker; up to twice as
/// quick for long texts). But it wants a padded copy and several times the text's size to work in,
/// and refuses numbers and escapes that are valid, which would take a second checker.
class ExactJson {
  public:
    /// `copy` takes the text without white space; without one, white space is a fault.
    ExactJson(std::string_view text, CompactCopy* copy)
        : start_(text.data()), end_(text.data() + text.size()), kept_from_(start_), copy_(copy) {}

    /// Reads one value with white space around it, which must be the whole text. False: see
    /// fault().
    [[nodiscard]] bool document();
    /// After document(): the text without white space outside strings, within `text` or the copy.
    [[nodiscard]] std::string_view compact() const noexcept { return compact_; }

    /// Reads the value that starts at `at`. Returns its end, or null: see fault().
    [[nodiscard]] const char* value(const char* at);

    [[nodiscard]] const JsonFault& fault() const noexcept { return fault_; }

  private:
    struct Walk;
    const char* begin_value(const char* at, Walk& walk);
    const char* name_and_colon(const char* at, JsonFlaw flaw, Walk& walk);
    const char* string_end(const char* after_quote, Walk& walk);
    const char* space(const char* at, const Walk& walk);
    const char* string_end_from(const char* at, const char* after_quote);
    const char* escape_end(const char* backslash);
    const char* word_or_number_end(const char* at);
    const char* number_end(const char* at);
    template <std::size_t with_zero>
    const char* word_end(const char* at, const char (&word)[with_zero]);
    const char* skip_space(const char* at);
    const char* fail(JsonFlaw flaw, const char* at) noexcept;

    const char* const start_;
    const char* const end_;
    /// What stands between here and the next white space is not copied yet.
    const char* kept_from_;
    CompactCopy* const copy_;
    std::string_view compact_;
    JsonFault fault_;
    /// '{' or '[' of each level that is open.
    std::array<char, max_json_depth> open_;
};

}  // namespace lk::event
