#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace lk::cli {

/// 20000 as "20,000".
[[nodiscard]] std::string grouped(std::uint64_t number);

/// "0.003 s", "1.2 s", "75 s", "1 h 05 min": as many digits as help.
[[nodiscard]] std::string readable(std::chrono::nanoseconds duration);

/// What became of the events so far.
struct Totals {
    std::uint64_t published = 0;
    std::uint64_t failed = 0;
    /// Perhaps in the stream.
    std::uint64_t unknown = 0;
    /// Lines that are no event, so nothing was sent.
    std::uint64_t refused = 0;

    [[nodiscard]] bool all_published() const noexcept {
        return failed == 0 && unknown == 0 && refused == 0;
    }
};

/// "published 20,000 · failed 0 · unknown 0 · 1.2 s · 16,667 events/s"; the refused lines stand
/// behind `unknown` where there are any. The rate counts published events.
[[nodiscard]] std::string summary(const Totals& totals, std::chrono::nanoseconds duration);

}  // namespace lk::cli
