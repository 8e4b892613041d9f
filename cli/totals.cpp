#include "cli/totals.hpp"

#include <cmath>
#include <cstdio>

namespace lk::cli {
namespace {

std::string with_digits(double number, int digits) {
    char text[64];
    std::snprintf(text, sizeof text, "%.*f", digits, number);
    return text;
}

}  // namespace

std::string grouped(std::uint64_t number) {
    std::string text = std::to_string(number);
    for (std::size_t at = text.size(); at > 3;) {
        at -= 3;
        text.insert(at, 1, ',');
    }
    return text;
}

std::string readable(std::chrono::nanoseconds duration) {
    const double seconds = std::chrono::duration<double>(duration).count();
    if (seconds < 0.1) return with_digits(seconds, 3) + " s";
    if (seconds < 60) return with_digits(seconds, 1) + " s";
    const auto whole = static_cast<std::uint64_t>(std::llround(seconds));
    if (whole < 600) return std::to_string(whole) + " s";
    const std::uint64_t minutes = (whole + 30) / 60;
    if (minutes < 60) return std::to_string(minutes) + " min";
    const std::uint64_t rest = minutes % 60;
    return grouped(minutes / 60) + " h " + (rest < 10 ? "0" : "") + std::to_string(rest) + " min";
}

std::string summary(const Totals& totals, std::chrono::nanoseconds duration) {
    constexpr const char* dot = " · ";
    std::string text = "published " + grouped(totals.published) + dot + "failed " +
                       grouped(totals.failed) + dot + "unknown " + grouped(totals.unknown);
    if (totals.refused > 0) text += dot + ("refused " + grouped(totals.refused));
    text += dot + readable(duration);
    const double seconds = std::chrono::duration<double>(duration).count();
    const double rate = seconds > 0 ? static_cast<double>(totals.published) / seconds : 0;
    return text + dot + grouped(static_cast<std::uint64_t>(std::llround(rate))) + " events/s";
}

}  // namespace lk::cli
