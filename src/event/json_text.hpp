#pragma once

#include <concepts>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include <lk/expected.hpp>

namespace lk::event {

/// Why a text is not JSON.
struct JsonProblem {
    /// Such as "a comma or ] is missing at byte 17, where 2 stands"; the first byte is byte 1.
    std::string message;
};

/// Checks JSON text: RFC 8259's grammar in valid UTF-8, arrays and objects nested to 1,024 at
/// most. No number is too large; lone \ud800 escapes pass; duplicate names pass.
/// Holds memory to work with, so one a thread: what the last text needed, and less than 1 MiB
/// once the next text was checked.
class JsonChecker {
  public:
    JsonChecker();
    ~JsonChecker();
    JsonChecker(const JsonChecker&) = delete;
    JsonChecker& operator=(const JsonChecker&) = delete;

    /// The text without white space outside strings: a part of `text` where it had none between
    /// its first and last character, else a copy that lives until the next call.
    [[nodiscard]] Expected<std::string_view, JsonProblem> compact(std::string_view text);

  private:
    struct Work;
    std::unique_ptr<Work> work_;
};

[[nodiscard]] bool is_utf8(std::string_view text) noexcept;
/// Unicode characters in valid UTF-8.
[[nodiscard]] std::size_t code_points(std::string_view utf8) noexcept;

/// Bytes of `utf8` as a JSON string, quotes included.
[[nodiscard]] std::size_t json_string_bytes(std::string_view utf8) noexcept;
/// Writes it; returns the end. Escapes what JSON.stringify escapes: " \ and U+0000–001F.
char* write_json_string(char* out, std::string_view utf8) noexcept;
/// Reads a string that write_json_string wrote from the start of `left`, and removes it there.
/// False when another text stands there, the same string with other escapes included; both
/// arguments are then unspecified.
[[nodiscard]] bool read_json_string(std::string_view& left, std::string& utf8);

/// A text that is to become a JSON string, looked at once. Keeps a view of it.
class JsonString {
  public:
    JsonString() = default;
    // Most of an event's texts are absent.
    template <std::convertible_to<std::string_view> Text>
    JsonString(const Text& utf8)
        : JsonString(utf8, std::string_view(utf8).empty() ? 2 : json_string_bytes(utf8)) {}
    /// Text known to need no escapes, such as a UUID: it is not looked at.
    [[nodiscard]] static JsonString plain(std::string_view text) noexcept {
        return {text, text.size() + 2};
    }

    [[nodiscard]] std::string_view text() const noexcept { return {start_, size_}; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    /// With its quotes.
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
    /// Writes it with its quotes; returns the end.
    char* write(char* out) const noexcept {
        if (bytes_ != size_ + 2) return write_json_string(out, text());
        *out++ = '"';
        if (size_ != 0) std::memcpy(out, start_, size_);
        out += size_;
        *out++ = '"';
        return out;
    }

  private:
    JsonString(std::string_view text, std::size_t bytes) noexcept
        : start_(text.data()), size_(text.size()), bytes_(bytes) {}

    // Not a string_view: that is copied whole, and a processor that has just stored its halves
    // waits until they are in memory.
    const char* start_ = nullptr;
    std::size_t size_ = 0;
    std::size_t bytes_ = 2;
};

}  // namespace lk::event
