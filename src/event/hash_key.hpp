#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace lk::event {

/// A 128-bit number that chooses the shard.
struct HashKey {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    friend constexpr auto operator<=>(const HashKey&, const HashKey&) = default;
};

inline constexpr std::size_t most_hash_key_digits = 39;

/// MD5 of the partition key's bytes, read big-endian
/// (https://docs.aws.amazon.com/streams/latest/dev/key-concepts.html#partition-key). Works where
/// the program's OpenSSL configuration forbids MD5. Thread-safe.
[[nodiscard]] HashKey hash_of_partition_key(std::string_view key) noexcept;

/// Several, in a third of the time; as many hash keys as partition keys.
void hashes_of_partition_keys(std::span<const std::string_view> keys,
                              std::span<HashKey> hashes) noexcept;

/// A decimal number `0|([1-9]\d{0,38})` below 2^128; nothing if the text is something else.
[[nodiscard]] std::optional<HashKey> parse_hash_key(std::string_view decimal) noexcept;

[[nodiscard]] std::string to_decimal(HashKey key);

}  // namespace lk::event
