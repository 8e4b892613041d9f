#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

/// Text looked at eight bytes at a time in an ordinary register, on every processor alike.
namespace lk::event::eight_bytes {

inline constexpr std::uint64_t each = 0x0101'0101'0101'0101;
inline constexpr std::uint64_t top_bits = each * 0x80;

/// The first byte in the lowest bits, whatever the processor's byte order: compilers make one load
/// of this.
[[nodiscard]] inline std::uint64_t load(const char* at) noexcept {
    std::uint64_t word = 0;
    for (unsigned index = 0; index < 8; ++index) {
        word |= std::uint64_t{static_cast<unsigned char>(at[index])} << (8 * index);
    }
    return word;
}

// The tests below set the top bit of the bytes that they look for. A borrow may set it in a byte
// above such a one as well, never below, so the lowest set bit is always right.

/// Bytes that JSON escapes in a string: " \ and U+0000 to U+001F.
[[nodiscard]] inline std::uint64_t escaped(std::uint64_t word) noexcept {
    const std::uint64_t quote = word ^ each * '"';
    const std::uint64_t backslash = word ^ each * '\\';
    return (((quote - each) & ~quote) | ((backslash - each) & ~backslash) |
            ((word - each * 0x20) & ~word)) &
           top_bits;
}

[[nodiscard]] inline std::uint64_t not_ascii(std::uint64_t word) noexcept {
    return word & top_bits;
}

/// Which byte the lowest set bit stands for.
[[nodiscard]] inline std::ptrdiff_t first(std::uint64_t found) noexcept {
    return std::countr_zero(found) / 8;
}

}  // namespace lk::event::eight_bytes
