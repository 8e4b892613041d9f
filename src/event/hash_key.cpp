#include "event/hash_key.hpp"

#include <openssl/evp.h>

#include <memory>
#include <new>

namespace lk::event {
namespace {

__extension__ using Number = unsigned __int128;

Number number_of(HashKey key) noexcept {
    return Number{key.high} << 64U | key.low;
}

HashKey key_of(Number number) noexcept {
    return {static_cast<std::uint64_t>(number >> 64U), static_cast<std::uint64_t>(number)};
}

/// MD5 chooses the shard here and protects nothing. It is taken from a library context of its own,
/// where no configuration that allows only FIPS's algorithms can hide it. Never freed: threads may
/// hash until the process ends.
const EVP_MD* md5() {
    static const EVP_MD* const fetched = EVP_MD_fetch(OSSL_LIB_CTX_new(), "MD5", nullptr);
    if (fetched == nullptr) throw std::bad_alloc();
    return fetched;
}

struct FreeContext {
    void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};

std::uint64_t big_endian(const unsigned char* bytes) noexcept {
    std::uint64_t value = 0;
    for (int index = 0; index < 8; ++index) value = value << 8U | bytes[index];
    return value;
}

}  // namespace

HashKey hash_of_partition_key(std::string_view key) {
    thread_local const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
    std::array<unsigned char, 16> digest;
    if (!context || EVP_DigestInit_ex2(context.get(), md5(), nullptr) != 1 ||
        EVP_DigestUpdate(context.get(), key.data(), key.size()) != 1 ||
        EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) != 1) {
        throw std::bad_alloc();
    }
    return {big_endian(digest.data()), big_endian(digest.data() + 8)};
}

std::optional<HashKey> parse_hash_key(std::string_view decimal) noexcept {
    if (decimal.empty() || decimal.size() > 39) return std::nullopt;
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
    std::array<char, 39> digits;
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
