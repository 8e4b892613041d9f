#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace lk::aws {

/// What SHA-256 knows of the blocks so far (FIPS 180-4, section 5.3.3: how it begins).
using Sha256State = std::array<std::uint32_t, 8>;

inline constexpr std::size_t sha256_block_bytes = 64;

/// One text's next blocks, which lie one behind another.
struct Sha256Lane {
    Sha256State& state;
    const unsigned char* blocks;
};

/// Whether this processor has what the functions below use.
[[nodiscard]] bool has_sha256_lanes() noexcept;

/// Takes `count` blocks of one text, or of each of two at the same time, into their states.
void take_blocks(const Sha256Lane& lane, std::size_t count) noexcept;
void take_blocks(const Sha256Lane& first, const Sha256Lane& second, std::size_t count) noexcept;

}  // namespace lk::aws
