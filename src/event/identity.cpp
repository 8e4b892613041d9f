#include "event/identity.hpp"

#include <chrono>
#include <cstring>

namespace lk::event {
namespace {

/// Writes `value` in decimal over the `digits` characters before `end`, with leading zeros.
void write_digits(char* end, unsigned digits, unsigned value) noexcept {
    for (; digits != 0; --digits, value /= 10) *--end = static_cast<char>('0' + value % 10);
}

// In the compilers' own vectors, for which every processor has its instructions.
using Sixteen [[gnu::vector_size(16)]] = std::uint8_t;

void write_hex_digits(char* out, Sixteen halves) noexcept {
    const auto above_nine = reinterpret_cast<Sixteen>(halves > 9);
    const Sixteen digits = halves + '0' + (above_nine & ('a' - '0' - 10));
    std::memcpy(out, &digits, sizeof digits);
}

/// Sixteen bytes as 32 digits.
void write_hex(char* out, Sixteen bytes) noexcept {
    const Sixteen high = bytes >> 4;
    const Sixteen low = bytes & 0x0F;
    write_hex_digits(out, __builtin_shufflevector(high, low, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5,
                                                  21, 6, 22, 7, 23));
    write_hex_digits(out + 16, __builtin_shufflevector(high, low, 8, 24, 9, 25, 10, 26, 11, 27, 12,
                                                       28, 13, 29, 14, 30, 15, 31));
}

}  // namespace

void write_uuid(char* out, UuidBytes random) noexcept {
    // The version (4) and the variant (RFC 9562, section 5.4).
    constexpr Sixteen kept = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0xFF,
                              0x3F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    constexpr Sixteen set = {0, 0, 0, 0, 0, 0, 0x40, 0, 0x80};
    Sixteen bytes;
    std::memcpy(&bytes, random.data(), sizeof bytes);
    std::array<char, 32> hex;
    write_hex(hex.data(), (bytes & kept) | set);
    std::memcpy(out, &hex[0], 8);
    out[8] = '-';
    std::memcpy(out + 9, &hex[8], 4);
    out[13] = '-';
    std::memcpy(out + 14, &hex[12], 4);
    out[18] = '-';
    std::memcpy(out + 19, &hex[16], 4);
    out[23] = '-';
    std::memcpy(out + 24, &hex[20], 12);
}

void write_uuid(char* out, RandomBytes& random) {
    std::array<std::uint8_t, random_uuid_bytes> bytes;
    random.fill(bytes);
    write_uuid(out, bytes);
}

void TimestampWriter::write(char* out, std::int64_t epoch_ms) noexcept {
    const std::chrono::sys_time<std::chrono::milliseconds> time{
        std::chrono::milliseconds(epoch_ms)};
    const auto whole = std::chrono::floor<std::chrono::seconds>(time);
    const std::int64_t second = whole.time_since_epoch().count();
    char* const text = text_.data();
    if (second != second_) {
        second_ = second;
        const auto day = std::chrono::floor<std::chrono::days>(whole);
        const std::chrono::year_month_day date(day);
        const std::chrono::hh_mm_ss clock(whole - day);
        std::memcpy(text, "0000-00-00T00:00:00.000Z", timestamp_bytes);
        write_digits(text + 4, 4, static_cast<unsigned>(static_cast<int>(date.year())));
        write_digits(text + 7, 2, static_cast<unsigned>(date.month()));
        write_digits(text + 10, 2, static_cast<unsigned>(date.day()));
        write_digits(text + 13, 2, static_cast<unsigned>(clock.hours().count()));
        write_digits(text + 16, 2, static_cast<unsigned>(clock.minutes().count()));
        write_digits(text + 19, 2, static_cast<unsigned>(clock.seconds().count()));
    }
    std::memcpy(out, text, timestamp_bytes);
    write_digits(out + 23, 3, static_cast<unsigned>((time - whole).count()));
}

}  // namespace lk::event
