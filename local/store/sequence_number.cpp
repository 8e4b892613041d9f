#include "local/store/sequence_number.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace lk::local {

namespace {

constexpr std::string_view leading_digits = "49";
constexpr std::string_view filling = "00000000";
constexpr std::size_t created_digits = 15;
constexpr std::size_t shard_digits = 12;
static_assert(leading_digits.size() + created_digits + shard_digits + filling.size() +
                  position_digits ==
              sequence_number_digits);

void write_padded(char* out, std::size_t width, std::int64_t number) noexcept {
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    const auto count = static_cast<std::size_t>(end - digits);
    std::memset(out, '0', width - count);
    std::memcpy(out + width - count, digits, count);
}

template <class Number>
bool read_field(std::string_view& text, std::size_t width, Number& number) noexcept {
    const char* const end = text.data() + width;
    const auto [stopped, error] = std::from_chars(text.data(), end, number);
    text.remove_prefix(width);
    return error == std::errc() && stopped == end;
}

bool skip(std::string_view& text, std::string_view expected) noexcept {
    if (!text.starts_with(expected)) return false;
    text.remove_prefix(expected.size());
    return true;
}

}  // namespace

std::string sequence_number_prefix(std::int64_t stream_created_ms, int shard) {
    std::string prefix(leading_digits);
    prefix.resize(leading_digits.size() + created_digits + shard_digits);
    write_padded(prefix.data() + leading_digits.size(), created_digits, stream_created_ms);
    write_padded(prefix.data() + leading_digits.size() + created_digits, shard_digits, shard);
    prefix += filling;
    return prefix;
}

void write_position(char* out, std::int64_t position) noexcept {
    write_padded(out, position_digits, position);
}

std::string to_text(const SequenceNumber& number) {
    std::string text = sequence_number_prefix(number.stream_created_ms, number.shard);
    text.resize(sequence_number_digits);
    write_position(text.data() + sequence_number_digits - position_digits, number.position);
    return text;
}

std::optional<SequenceNumber> parse_sequence_number(std::string_view text) noexcept {
    if (text.size() != sequence_number_digits) return std::nullopt;
    // from_chars would take a minus sign.
    if (!std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; })) {
        return std::nullopt;
    }
    SequenceNumber number;
    if (!skip(text, leading_digits) ||
        !read_field(text, created_digits, number.stream_created_ms) ||
        !read_field(text, shard_digits, number.shard) || !skip(text, filling) ||
        !read_field(text, position_digits, number.position)) {
        return std::nullopt;
    }
    return number;
}

}  // namespace lk::local
