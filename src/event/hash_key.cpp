#include "event/hash_key.hpp"

#include <algorithm>
#include <array>

#include "base/md5.hpp"

namespace lk::event {
namespace {

__extension__ using Number = unsigned __int128;

Number number_of(HashKey key) noexcept {
    return Number{key.high} << 64U | key.low;
}

HashKey key_of(Number number) noexcept {
    return {static_cast<std::uint64_t>(number >> 64U), static_cast<std::uint64_t>(number)};
}

std::uint64_t big_endian(const char* bytes) noexcept {
    std::uint64_t value = 0;
    for (int index = 0; index < 8; ++index) {
        value = value << 8U | static_cast<unsigned char>(bytes[index]);
    }
    return value;
}

HashKey key_of(const Md5Digest& digest) noexcept {
    return {big_endian(digest.data()), big_endian(digest.data() + 8)};
}

}  // namespace

HashKey hash_of_partition_key(std::string_view key) noexcept {
    return key_of(md5(key));
}

void hashes_of_partition_keys(std::span<const std::string_view> keys,
                              std::span<HashKey> hashes) noexcept {
    std::array<Md5Digest, md5_lanes> digests;
    for (std::size_t at = 0; at < keys.size(); at += digests.size()) {
        const auto some = keys.subspan(at, std::min(digests.size(), keys.size() - at));
        md5(some, digests);
        for (std::size_t i = 0; i < some.size(); ++i) hashes[at + i] = key_of(digests[i]);
    }
}

std::optional<HashKey> parse_hash_key(std::string_view decimal) noexcept {
    if (decimal.empty() || decimal.size() > most_hash_key_digits) return std::nullopt;
    if (decimal.size() > 1 && decimal.front() == '0') return std::nullopt;
    constexpr Number largest = ~Number{0};
    Number value = 0;
    for (const char c : decimal) {
        if (c < '0' || c > '9') return std::nullopt;
        const auto digit = static_cast<unsigned>(c - '0');
        if (value > (largest - digit) / 10) return std::nullopt;
        value = value * 10 + digit;
    }
    return key_of(value);
}

std::string to_decimal(HashKey key) {
    std::array<char, most_hash_key_digits> digits;
    char* const end = digits.data() + digits.size();
    char* at = end;
    Number value = number_of(key);
    do {
        *--at = static_cast<char>('0' + static_cast<int>(value % 10));
        value /= 10;
    } while (value != 0);
    return {at, end};
}

}  // namespace lk::event
