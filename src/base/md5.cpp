#include "base/md5.hpp"

#include <openssl/evp.h>

#include <memory>
#include <new>

namespace lk {
namespace {

/// From a library context of its own, where no configuration that allows only FIPS's algorithms
/// can hide it. Never freed: threads may hash until the process ends.
const EVP_MD* fetched_md5() {
    static const EVP_MD* const fetched = EVP_MD_fetch(OSSL_LIB_CTX_new(), "MD5", nullptr);
    if (fetched == nullptr) throw std::bad_alloc();
    return fetched;
}

struct FreeContext {
    void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};

}  // namespace

std::array<char, 16> md5(std::string_view bytes) {
    thread_local const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
    std::array<unsigned char, 16> digest;
    if (!context || EVP_DigestInit_ex2(context.get(), fetched_md5(), nullptr) != 1 ||
        EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) != 1 ||
        EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) != 1) {
        throw std::bad_alloc();
    }
    std::array<char, 16> chars;
    for (std::size_t at = 0; at < digest.size(); ++at) chars[at] = static_cast<char>(digest[at]);
    return chars;
}

}  // namespace lk
