#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace lk::wire {

/// The characters that `bytes` bytes become.
[[nodiscard]] constexpr std::size_t base64_bytes(std::size_t bytes) noexcept {
    return (bytes + 2) / 3 * 4;
}

/// Writes `bytes` as base64 (RFC 4648, section 4, padded) at the end of `out`.
void append_base64(std::string& out, std::string_view bytes);

/// The bytes that `text` stands for; nothing unless it is exactly what an encoder writes: every
/// character from the alphabet, padded to a multiple of four, unused bits zero. So no two texts
/// stand for the same bytes.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

}  // namespace lk::wire
