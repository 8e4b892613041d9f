#include "credentials/timestamp.hpp"

#include <algorithm>
#include <cstdio>

namespace lk::credentials {
namespace {

using namespace std::chrono;

// Reads digits and separators from the front of a text.
class Reader {
  public:
    explicit Reader(std::string_view text) : rest_(text) {}

    int number(std::size_t digits) {
        int value = 0;
        for (std::size_t i = 0; i < digits; ++i) {
            if (rest_.empty() || rest_.front() < '0' || rest_.front() > '9') {
                good_ = false;
                return 0;
            }
            value = value * 10 + (rest_.front() - '0');
            rest_.remove_prefix(1);
        }
        return value;
    }

    bool skip(std::string_view expected) {
        if (!rest_.starts_with(expected)) return false;
        rest_.remove_prefix(expected.size());
        return true;
    }

    void expect(std::string_view expected) { good_ = skip(expected) && good_; }

    void skip_fraction() {
        if (!skip(".")) return;
        number(1);
        while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') {
            rest_.remove_prefix(1);
        }
    }

    seconds offset() {
        if (skip("Z") || skip("UTC")) return {};
        const int sign = skip("+") ? 1 : skip("-") ? -1 : 0;
        if (sign == 0) good_ = false;
        const int hour = number(2);
        skip(":");
        const int minute = number(2);
        if (hour > 23 || minute > 59) good_ = false;
        return sign * (hours(hour) + minutes(minute));
    }

    [[nodiscard]] bool good_to_the_end() const { return good_ && rest_.empty(); }

  private:
    std::string_view rest_;
    bool good_ = true;
};

}  // namespace

std::optional<system_clock::time_point> time_of_milliseconds(long long value) {
    // system_clock counts nanoseconds in 64 bits, which end in 2262.
    constexpr long long last = 9'000'000'000'000;
    if (value < 0 || value > last) return std::nullopt;
    return system_clock::time_point(milliseconds(value));
}

std::optional<system_clock::time_point> parse_timestamp(std::string_view text) {
    Reader reader(text);
    const int year_number = reader.number(4);
    reader.expect("-");
    const int month_number = reader.number(2);
    reader.expect("-");
    const int day_number = reader.number(2);
    if (!reader.skip("T")) reader.expect(" ");
    const int hour = reader.number(2);
    reader.expect(":");
    const int minute = reader.number(2);
    reader.expect(":");
    const int second = reader.number(2);
    reader.skip_fraction();
    const seconds offset = reader.offset();
    const year_month_day date(year(year_number), month(static_cast<unsigned>(month_number)),
                              day(static_cast<unsigned>(day_number)));
    if (!reader.good_to_the_end() || !date.ok() || hour > 23 || minute > 59 || second > 60) {
        return std::nullopt;
    }
    const auto since_1970 = sys_days(date).time_since_epoch() + hours(hour) + minutes(minute) +
                            seconds(second) - offset;
    // A service that writes 9999 means "for good"; the clock's end is as good.
    return time_of_milliseconds(
        std::min<long long>(duration_cast<milliseconds>(since_1970).count(), 9'000'000'000'000));
}

std::string timestamp(system_clock::time_point time) {
    const auto day_point = floor<days>(time);
    const year_month_day date(day_point);
    const hh_mm_ss clock(floor<seconds>(time - day_point));
    char text[64];
    std::snprintf(
        text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", int(date.year()),
        unsigned(date.month()), unsigned(date.day()), static_cast<int>(clock.hours().count()),
        static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()));
    return text;
}

}  // namespace lk::credentials
