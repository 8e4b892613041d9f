#include "aws/sha256.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

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

Sha256 hmac_sha256(std::span<const std::uint8_t> key, std::string_view text) {
    Sha256 code;
    unsigned int bytes = 0;
    const auto* result =
        HMAC(sha256_algorithm(), key.data(), static_cast<int>(key.size()),
             reinterpret_cast<const unsigned char*>(text.data()), text.size(), code.data(), &bytes);
    if (result == nullptr) throw std::bad_alloc();
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
