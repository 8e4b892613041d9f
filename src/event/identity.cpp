#include "event/identity.hpp"

#include <chrono>
#include <cstring>

namespace lk::event {
namespace {

/// Writes `value` in decimal over the `digits` characters before `end`, with leading zeros.
void write_digits(char* end, unsigned digits, unsigned value) noexcept {
    for (; digits != 0; --digits, value /= 10) *--end = static_cast<char>('0' + value % 10);
}

}  // namespace

void write_uuid(char* out, RandomBytes& random) {
    constexpr std::string_view hex = "0123456789abcdef";
    std::array<std::uint8_t, 16> bytes;
    random.fill(bytes);
    // The version (4) and the variant (RFC 9562, section 5.4).
    bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0FU) | 0x40U);
    bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3FU) | 0x80U);
    for (std::size_t index = 0; index < bytes.size(); ++index) {
        if (index == 4 || index == 6 || index == 8 || index == 10) *out++ = '-';
        *out++ = hex[bytes[index] >> 4U];
        *out++ = hex[bytes[index] & 15U];
    }
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
    write_digits(text + 23, 3, static_cast<unsigned>((time - whole).count()));
    std::memcpy(out, text, timestamp_bytes);
}

}  // namespace lk::event
