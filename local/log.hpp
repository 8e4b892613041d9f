#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace lk::local {

/// Hands lines for people to whoever listens. Thread-safe; one line at a time.
class Log {
  public:
    explicit Log(std::function<void(std::string_view)> sink) : sink_(std::move(sink)) {}

    void line(std::string_view text);

    /// For what a client can cause as often as it likes: the same text at most every 10 s.
    /// `text` must live forever.
    void seldom(const char* text);

  private:
    void write(std::string_view text);

    std::mutex mutex_;
    std::function<void(std::string_view)> sink_;
    std::map<const char*, TimePoint> last_written_;
};

}  // namespace lk::local
