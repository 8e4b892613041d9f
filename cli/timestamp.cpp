#include "cli/timestamp.hpp"

#include <algorithm>

namespace lk::cli {
namespace {

// Takes exactly so many digits from the front; negative when they are not there.
int take_number(std::string_view& text, std::size_t digits) {
    if (text.size() < digits) return -1;
    int number = 0;
    for (const char digit : text.substr(0, digits)) {
        if (digit < '0' || digit > '9') return -1;
        number = number * 10 + (digit - '0');
    }
    text.remove_prefix(digits);
    return number;
}

bool take(std::string_view& text, char expected) {
    if (!text.starts_with(expected)) return false;
    text.remove_prefix(1);
    return true;
}

}  // namespace

std::optional<std::chrono::system_clock::time_point> parse_timestamp(std::string_view text) {
    const int year = take_number(text, 4);
    const bool first_dash = take(text, '-');
    const int month = take_number(text, 2);
    const bool second_dash = take(text, '-');
    const int day = take_number(text, 2);
    const bool letter = take(text, 'T');
    const int hour = take_number(text, 2);
    const bool first_colon = take(text, ':');
    const int minute = take_number(text, 2);
    const bool second_colon = take(text, ':');
    const int second = take_number(text, 2);
    if (std::min({year, month, day, hour, minute, second}) < 0) return std::nullopt;
    if (!(first_dash && second_dash && letter && first_colon && second_colon)) return std::nullopt;
    if (year < 1678 || year > 2261) return std::nullopt;
    if (hour > 23 || minute > 59 || second > 59) return std::nullopt;

    int millisecond = 0;
    if (take(text, '.')) {
        int weight = 100;
        const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
        if (digits == 0) return std::nullopt;
        for (const char digit : text.substr(0, digits)) {
            millisecond += weight * (digit - '0');
            weight /= 10;
        }
        text.remove_prefix(digits);
    }
    if (text != "Z") return std::nullopt;

    const std::chrono::year_month_day date{std::chrono::year(year),
                                           std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    if (!date.ok()) return std::nullopt;
    return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
           std::chrono::seconds(second) + std::chrono::milliseconds(millisecond);
}

}  // namespace lk::cli
