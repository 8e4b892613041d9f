#include "aws/sha256.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <memory>
#include <new>

namespace lk::aws {
namespace {

// Looking the algorithm up costs several times what hashing a short text does, so it is done once.
// Never freed: a signature may still be made while the program's statics are destroyed.
const EVP_MD* sha256_algorithm() {
    static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    return algorithm;
}

std::string_view text_of(std::span<const std::uint8_t> bytes) noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

struct FreeContext {
    void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};

}  // namespace

Sha256 sha256(std::span<const std::string_view> pieces) {
    const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
    // SHA-256 fails for want of memory, or where a broken OpenSSL configuration offers no digests
    // at all; then nothing could be signed.
    bool done = context && EVP_DigestInit_ex2(context.get(), sha256_algorithm(), nullptr) == 1;
    for (const std::string_view piece : pieces) {
        done = done && EVP_DigestUpdate(context.get(), piece.data(), piece.size()) == 1;
    }
    Sha256 digest;
    done = done && EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) == 1;
    if (!done) throw std::bad_alloc();
    return digest;
}

Sha256 sha256(std::string_view text) {
    return sha256({&text, 1});
}

// RFC 2104. OpenSSL 3's own looks both HMAC and the digest up anew each time, which takes several
// times as long as the two digests that it consists of.
Sha256 hmac_sha256(std::span<const std::uint8_t> key, std::string_view text) {
    constexpr std::size_t block_bytes = 64;
    constexpr std::uint8_t inner_pad = 0x36;
    constexpr std::uint8_t outer_pad = 0x5c;
    std::array<std::uint8_t, block_bytes> block{};
    if (key.size() > block_bytes) {
        const Sha256 short_key = sha256(text_of(key));
        std::copy(short_key.begin(), short_key.end(), block.begin());
    } else {
        std::copy(key.begin(), key.end(), block.begin());
    }
    for (std::uint8_t& byte : block) byte ^= inner_pad;
    const std::string_view inner[] = {text_of(block), text};
    const Sha256 digest = sha256(inner);
    for (std::uint8_t& byte : block) byte ^= inner_pad ^ outer_pad;
    const std::string_view outer[] = {text_of(block), text_of(digest)};
    const Sha256 code = sha256(outer);
    OPENSSL_cleanse(block.data(), block.size());
    return code;
}

std::string hex(const Sha256& digest) {
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(2 * digest.size());
    for (const std::uint8_t byte : digest) {
        text += digits[byte >> 4];
        text += digits[byte & 0xF];
    }
    return text;
}

}  // namespace lk::aws
