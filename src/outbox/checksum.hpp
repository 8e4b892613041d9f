#pragma once

#include <cstdint>
#include <string_view>

namespace lk::outbox {

/// XXH3 (https://xxhash.com), 64 bits: notices damage, not malice.
[[nodiscard]] std::uint64_t checksum(std::string_view bytes) noexcept;

}  // namespace lk::outbox
