#include "aws/sha256.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace lk::aws {
namespace {

std::string hmac(const std::string& key, std::string_view text) {
    return hex(hmac_sha256({reinterpret_cast<const std::uint8_t*>(key.data()), key.size()}, text));
}

// RFC 4231, test cases 1 to 4, 6 and 7.
TEST(HmacSha256, GivesThePublishedCodes) {
    std::string rising;
    for (char c = 1; c <= 25; ++c) rising += c;
    EXPECT_EQ(hmac(std::string(20, '\x0b'), "Hi There"),
              "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    EXPECT_EQ(hmac("Jefe", "what do ya want for nothing?"),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(hmac(std::string(20, '\xaa'), std::string(50, '\xdd')),
              "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
    EXPECT_EQ(hmac(rising, std::string(50, '\xcd')),
              "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
    EXPECT_EQ(
        hmac(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First"),
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    EXPECT_EQ(hmac(std::string(131, '\xaa'),
                   "This is a test using a larger than block-size key and a larger than block-size "
                   "data. The key needs to be hashed before being used by the HMAC algorithm."),
              "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

TEST(HmacSha256, TakesAKeyOfABlockAsItIs) {
    // As OpenSSL's own command gives it: openssl dgst -sha256 -mac HMAC -macopt hexkey:(64 x 61).
    EXPECT_EQ(hmac(std::string(64, 'a'), "text"),
              "ca0bbc7dfa99fa4fb6d2071aebe288238850d1d8f6606ee72efc4cb71b9d00b3");
    EXPECT_EQ(hmac("", ""), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

}  // namespace
}  // namespace lk::aws
