#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace lk::aws {

using Sha256 = std::array<std::uint8_t, 32>;

/// The digest of the pieces as if they were one text. Thread-safe.
[[nodiscard]] Sha256 sha256(std::span<const std::string_view> pieces);
[[nodiscard]] Sha256 sha256(std::string_view text);

[[nodiscard]] Sha256 hmac_sha256(std::span<const std::uint8_t> key, std::string_view text);

/// Lower-case hexadecimal digits, as signatures are written.
[[nodiscard]] std::string hex(const Sha256& digest);

}  // namespace lk::aws
