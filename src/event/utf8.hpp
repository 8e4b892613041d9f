#pragma once

#include <cstddef>

namespace lk::event {

/// The end of the UTF-8 sequence that starts at `at`, or null where none does: overlong forms,
/// surrogates, numbers above U+10FFFF and cut sequences are refused (the Unicode Standard, table
/// 3-7). The first byte must not be ASCII.
[[nodiscard]] inline const char* utf8_sequence_end(const char* at, const char* end) noexcept {
    const auto byte = [at](std::ptrdiff_t index) { return static_cast<unsigned char>(at[index]); };
    const auto within = [&](std::ptrdiff_t index, unsigned low, unsigned high) {
        return byte(index) - low <= high - low;
    };
    const std::ptrdiff_t left = end - at;
    const unsigned lead = byte(0);
    if (lead >= 0xE0 && lead < 0xF0) {
        const unsigned low = lead == 0xE0 ? 0xA0 : 0x80;
        const unsigned high = lead == 0xED ? 0x9F : 0xBF;
        return left >= 3 && within(1, low, high) && within(2, 0x80, 0xBF) ? at + 3 : nullptr;
    }
    if (lead >= 0xC2 && lead < 0xE0) return left >= 2 && within(1, 0x80, 0xBF) ? at + 2 : nullptr;
    if (lead < 0xF0 || lead > 0xF4) return nullptr;
    const unsigned low = lead == 0xF0 ? 0x90 : 0x80;
    const unsigned high = lead == 0xF4 ? 0x8F : 0xBF;
    const bool whole =
        left >= 4 && within(1, low, high) && within(2, 0x80, 0xBF) && within(3, 0x80, 0xBF);
    return whole ? at + 4 : nullptr;
}

}  // namespace lk::event
