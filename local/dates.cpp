#include "local/dates.hpp"

#include <array>
#include <cstdio>
#include <ctime>

namespace lk::local {

namespace {

constexpr std::array days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::tm utc(std::int64_t ms) {
    const std::time_t seconds = ms / 1000;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    return parts;
}

const char* day(const std::tm& time) {
    return days[static_cast<std::size_t>(time.tm_wday)];
}
const char* month(const std::tm& time) {
    return months[static_cast<std::size_t>(time.tm_mon)];
}

}  // namespace

std::string http_date(std::int64_t ms) {
    const std::tm time = utc(ms);
    char text[64];
    std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d GMT", day(time), time.tm_mday,
                  month(time), time.tm_year + 1900, time.tm_hour, time.tm_min, time.tm_sec);
    return text;
}

std::string message_date(std::int64_t ms) {
    const std::tm time = utc(ms);
    char text[64];
    std::snprintf(text, sizeof text, "%s %s %02d %02d:%02d:%02d UTC %04d", day(time), month(time),
                  time.tm_mday, time.tm_hour, time.tm_min, time.tm_sec, time.tm_year + 1900);
    return text;
}

}  // namespace lk::local
