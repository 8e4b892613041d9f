#include "local/log.hpp"

#include <exception>

namespace lk::local {

void Log::line(std::string_view text) {
    const std::lock_guard lock(mutex_);
    write(text);
}

void Log::seldom(const char* text) {
    const std::lock_guard lock(mutex_);
    const TimePoint now = std::chrono::steady_clock::now();
    const auto [entry, first_time] = last_written_.try_emplace(text, now);
    if (!first_time && now - entry->second < std::chrono::seconds(10)) return;
    entry->second = now;
    write(text);
}

void Log::write(std::string_view text) {
    if (!sink_) return;
    try {
        sink_(text);
    } catch (const std::exception&) {
        // A listener that fails must not take a connection down with it.
    }
}

}  // namespace lk::local
