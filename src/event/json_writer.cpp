#include <array>
#include <charconv>
#include <cmath>

#include <lk/json.hpp>

#include "event/json_text.hpp"

namespace lk {
namespace {

template <class Integer>
void append_integer(std::string& out, Integer value) {
    std::array<char, 20> digits;
    const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), value);
    out.append(digits.data(), written.ptr);
}

/// ECMA-262, Number::toString(x, 10), for a finite number that is not zero. In its words: the
/// shortest digits s, k of them, and n such that the value is 0.s times ten to the n.
void append_number(std::string& out, double value) {
    std::array<char, 32> text;
    const auto written =
        std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::scientific);
    std::string_view scientific(text.data(), static_cast<std::size_t>(written.ptr - text.data()));
    if (scientific.front() == '-') {
        out += '-';
        scientific.remove_prefix(1);
    }
    const std::size_t e = scientific.find('e');
    std::array<char, 17> s;
    int k = 0;
    for (const char c : scientific.substr(0, e)) {
        if (c != '.') s[static_cast<std::size_t>(k++)] = c;
    }
    const std::string_view digits(s.data(), static_cast<std::size_t>(k));
    const bool below_one = scientific[e + 1] == '-';
    int exponent = 0;
    std::from_chars(scientific.data() + e + 2, scientific.data() + scientific.size(), exponent);
    const int n = (below_one ? -exponent : exponent) + 1;

    if (k <= n && n <= 21) {
        out.append(digits).append(static_cast<std::size_t>(n - k), '0');
    } else if (0 < n && n <= 21) {
        const auto whole = static_cast<std::size_t>(n);
        out.append(digits.substr(0, whole)).append(1, '.').append(digits.substr(whole));
    } else if (-6 < n && n <= 0) {
        out.append("0.").append(static_cast<std::size_t>(-n), '0').append(digits);
    } else {
        out += digits.front();
        if (k > 1) out.append(1, '.').append(digits.substr(1));
        out.append(below_one ? "e-" : "e+");
        append_integer(out, exponent);
    }
}

}  // namespace

void JsonWriter::separate() {
    if (comma_due_) out_ += ',';
    comma_due_ = true;
}

JsonWriter& JsonWriter::begin_object() {
    separate();
    out_ += '{';
    comma_due_ = false;
    return *this;
}

JsonWriter& JsonWriter::end_object() {
    out_ += '}';
    comma_due_ = true;
    return *this;
}

JsonWriter& JsonWriter::begin_array() {
    separate();
    out_ += '[';
    comma_due_ = false;
    return *this;
}

JsonWriter& JsonWriter::end_array() {
    out_ += ']';
    comma_due_ = true;
    return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
    string(name);
    out_ += ':';
    comma_due_ = false;
    return *this;
}

JsonWriter& JsonWriter::string(std::string_view utf8) {
    separate();
    const std::size_t start = out_.size();
    out_.resize(start + event::json_string_bytes(utf8));
    event::write_json_string(out_.data() + start, utf8);
    return *this;
}

JsonWriter& JsonWriter::integer(std::int64_t value) {
    separate();
    append_integer(out_, value);
    return *this;
}

JsonWriter& JsonWriter::unsigned_integer(std::uint64_t value) {
    separate();
    append_integer(out_, value);
    return *this;
}

JsonWriter& JsonWriter::number(double value) {
    separate();
    if (!std::isfinite(value)) {
        out_ += "null";
    } else if (value == 0) {
        out_ += '0';
    } else {
        append_number(out_, value);
    }
    return *this;
}

JsonWriter& JsonWriter::boolean(bool value) {
    separate();
    out_ += value ? "true" : "false";
    return *this;
}

JsonWriter& JsonWriter::null() {
    separate();
    out_ += "null";
    return *this;
}

JsonWriter& JsonWriter::raw(std::string_view json_text) {
    separate();
    out_ += json_text;
    return *this;
}

}  // namespace lk
