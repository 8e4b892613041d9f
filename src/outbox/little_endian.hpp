#pragma once

#include <bit>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

namespace lk::outbox {

static_assert(std::endian::native == std::endian::little, "what is kept is copied as it stands");

/// Appends numbers as they are kept: little-endian.
template <class Number>
requires std::is_arithmetic_v<Number>
void append_number(std::string& bytes, Number number) {
    char raw[sizeof number];
    std::memcpy(raw, &number, sizeof number);
    bytes.append(raw, sizeof raw);
}

/// Writes one over what stands at `at`; the bytes must be there.
template <class Number>
requires std::is_arithmetic_v<Number>
void set_number(std::string& bytes, std::size_t at, Number number) {
    std::memcpy(bytes.data() + at, &number, sizeof number);
}

/// Reads from the front of bytes that may be anything. What is not there reads as zero, and makes
/// failed() true for good.
class Bytes {
  public:
    explicit Bytes(std::string_view bytes) : left_(bytes) {}

    template <class Number>
    requires std::is_arithmetic_v<Number> Number number() {
        Number number{};
        const std::string_view raw = take(sizeof number);
        if (!failed_) std::memcpy(&number, raw.data(), sizeof number);
        return number;
    }

    std::string_view take(std::size_t count) {
        if (count > left_.size()) failed_ = true;
        if (failed_) return {};
        const std::string_view taken = left_.substr(0, count);
        left_.remove_prefix(count);
        return taken;
    }

    [[nodiscard]] std::string_view left() const { return left_; }
    [[nodiscard]] bool failed() const { return failed_; }

  private:
    std::string_view left_;
    bool failed_ = false;
};

}  // namespace lk::outbox
