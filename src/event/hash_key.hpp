#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lk::event {

/// A 128-bit number that chooses the shard.
struct HashKey {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    friend constexpr auto operator<=>(const HashKey&, const HashKey&) = default;
};

/// MD5 of the partition key's bytes, read big-endian
/// (https://docs.aws.amazon.com/streams/latest/dev/key-concepts.html#partition-key). Works where
/// the program's OpenSSL configuration forbids MD5. Thread-safe; throws std::bad_alloc when OpenSSL
/// has no memory left.
[[nodiscard]] HashKey hash_of_partition_key(std::string_view key);

/// A decimal number `0|([1-9]\d{0,38})` below 2^128; nothing if the text is something else.
[[nodiscard]] std::optional<HashKey> parse_hash_key(std::string_view decimal) noexcept;

[[nodiscard]] std::string to_decimal(HashKey key);

}  // namespace lk::event
