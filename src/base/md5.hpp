#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace lk {

using Md5Digest = std::array<char, 16>;

/// RFC 1321's digest: it chooses a record's shard and is the checksum of an aggregated record, and
/// protects nothing. Thread-safe, allocates nothing. Our own, as OpenSSL has none for several
/// messages at once and may be forbidden to have any (FIPS).
[[nodiscard]] Md5Digest md5(std::string_view message) noexcept;

/// The number of messages that are hashed side by side.
inline constexpr std::size_t md5_lanes = 8;

/// Each message's digest, of as many messages as you like and of any sizes. MD5 waits for itself at
/// each step, so `md5_lanes` messages of a size take little longer than two would. As many digests
/// as messages.
void md5(std::span<const std::string_view> messages, std::span<Md5Digest> digests) noexcept;

}  // namespace lk
