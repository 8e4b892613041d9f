#include "aws/http_date.hpp"

#include <array>
#include <charconv>

namespace lk::aws {

std::optional<std::chrono::system_clock::time_point> parse_http_date(std::string_view text) {
    constexpr std::string_view shape = "Sun, 06 Nov 1994 08:49:37 GMT";
    if (text.size() != shape.size()) return std::nullopt;
    for (const std::size_t fixed : {3U, 4U, 7U, 11U, 16U, 19U, 22U, 25U, 26U, 27U, 28U}) {
        if (text[fixed] != shape[fixed]) return std::nullopt;
    }
    const auto number = [&](std::size_t at, std::size_t digits) {
        unsigned value = 0;
        const char* end = text.data() + at + digits;
        const auto read = std::from_chars(text.data() + at, end, value);
        return read.ec == std::errc() && read.ptr == end ? static_cast<int>(value) : -1;
    };
    constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    unsigned month = 0;
    while (month < months.size() && months[month] != text.substr(8, 3)) ++month;
    const int day = number(5, 2);
    const int year = number(12, 4);
    const int hour = number(17, 2);
    const int minute = number(20, 2);
    const int second = number(23, 2);
    const std::chrono::year_month_day date{
        std::chrono::year(year), std::chrono::month(month + 1),
        std::chrono::day(day < 0 ? 0U : static_cast<unsigned>(day))};
    // The system's clock counts nanoseconds, in which the 23rd century does not fit.
    constexpr int last_year = 2261;
    // 60 is a leap second.
    if (year < 1970 || year > last_year || !date.ok() || hour < 0 || hour > 23 || minute < 0 ||
        minute > 59 || second < 0 || second > 60) {
        return std::nullopt;
    }
    return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
           std::chrono::seconds(second);
}

}  // namespace lk::aws
