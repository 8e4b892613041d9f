#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace lk::wire {

/// How a field's value stands on the wire
/// (https://protobuf.dev/programming-guides/encoding/#structure).
enum class ProtobufType : std::uint8_t {
    varint = 0,
    fixed64 = 1,
    bytes = 2,  ///< Strings, bytes and messages: a length, and that many bytes.
    start_group = 3,
    end_group = 4,
    fixed32 = 5,
};

/// The byte before a field's value, for the fields 1 to 15.
[[nodiscard]] constexpr char protobuf_tag(std::uint32_t field, ProtobufType type) noexcept {
    return static_cast<char>(field << 3 | static_cast<std::uint32_t>(type));
}

inline constexpr std::size_t most_varint_bytes = 10;

/// Seven bits a byte; zero takes one.
[[nodiscard]] constexpr std::size_t varint_bytes(std::uint64_t value) noexcept {
    return (static_cast<std::size_t>(std::bit_width(value | 1)) + 6) / 7;
}

/// Writes at most most_varint_bytes; returns where they end.
inline char* write_varint(char* out, std::uint64_t value) noexcept {
    while (value >= 0x80) {
        *out++ = static_cast<char>(value | 0x80);
        value >>= 7;
    }
    *out++ = static_cast<char>(value);
    return out;
}

/// What a field of bytes takes whose tag is one byte.
[[nodiscard]] constexpr std::size_t bytes_field_bytes(std::size_t bytes) noexcept {
    return 1 + varint_bytes(bytes) + bytes;
}

}  // namespace lk::wire
