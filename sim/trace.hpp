#pragma once

#include <chrono>
#include <cstdarg>
#include <cstdio>
#include <string>
#include <vector>

#include "sim/timeline.hpp"

namespace lk::sim {

/// What happened, a line each, where somebody is to read it.
class Trace {
  public:
    Trace(const Timeline& time, bool wanted) noexcept : time_(time), wanted_(wanted) {}

    [[nodiscard]] bool wanted() const noexcept { return wanted_; }

    [[gnu::format(printf, 2, 3)]] void line(const char* format, ...) {
        if (!wanted_) return;
        char text[500];
        const std::chrono::duration<double> since = time_.now() - Timeline::start;
        const int stamp = std::snprintf(text, sizeof text, "%11.6f  ", since.count());
        std::va_list arguments;
        va_start(arguments, format);
        std::vsnprintf(text + stamp, sizeof text - static_cast<std::size_t>(stamp), format,
                       arguments);
        va_end(arguments);
        lines_.emplace_back(text);
    }

    [[nodiscard]] std::vector<std::string>& lines() noexcept { return lines_; }

  private:
    const Timeline& time_;
    const bool wanted_;
    std::vector<std::string> lines_;
};

}  // namespace lk::sim
