#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "wire/cbor_reader.hpp"

namespace lk::wire {

/// The longest head: a byte and a number of eight.
inline constexpr std::size_t max_cbor_head_bytes = 9;

/// Writes the lowest `width` bytes of `value`, the highest of them first; returns their end.
inline char* write_big_endian(char* out, std::uint64_t value, std::size_t width) noexcept {
    for (std::size_t at = width; at != 0; --at) {
        out[at - 1] = static_cast<char>(value & 0xFF);
        value >>= 8;
    }
    return out + width;
}

/// Writes an item's head in its shortest form; returns its end.
inline char* write_cbor_head(char* out, CborKind kind, std::uint64_t argument) noexcept {
    const auto first = [kind](unsigned info) {
        return static_cast<char>(static_cast<unsigned>(kind) << 5 | info);
    };
    if (argument < 24) {
        *out = first(static_cast<unsigned>(argument));
        return out + 1;
    }
    if (argument <= 0xFF) {
        *out = first(24);
        return write_big_endian(out + 1, argument, 1);
    }
    if (argument <= 0xFFFF) {
        *out = first(25);
        return write_big_endian(out + 1, argument, 2);
    }
    if (argument <= 0xFFFFFFFF) {
        *out = first(26);
        return write_big_endian(out + 1, argument, 4);
    }
    *out = first(27);
    return write_big_endian(out + 1, argument, 8);
}

inline char* write_bytes(char* out, std::string_view bytes) noexcept {
    if (!bytes.empty()) std::memcpy(out, bytes.data(), bytes.size());
    return out + bytes.size();
}

inline char* write_cbor_text(char* out, std::string_view text) noexcept {
    return write_bytes(write_cbor_head(out, CborKind::text, text.size()), text);
}

inline void append_cbor_head(std::string& out, CborKind kind, std::uint64_t argument) {
    char head[max_cbor_head_bytes];
    const char* const end = write_cbor_head(head, kind, argument);
    out += std::string_view(head, static_cast<std::size_t>(end - head));
}

inline void append_cbor_text(std::string& out, std::string_view text) {
    append_cbor_head(out, CborKind::text, text.size());
    out += text;
}

}  // namespace lk::wire
