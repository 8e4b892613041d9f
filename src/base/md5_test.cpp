#include "base/md5.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <cstdlib>
#include <string>

namespace lk {
namespace {

std::string hex(const std::array<char, 16>& digest) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const char c : digest) {
        text += digits[static_cast<unsigned char>(c) >> 4U];
        text += digits[static_cast<unsigned char>(c) & 15U];
    }
    return text;
}

TEST(Md5, IsWhatItsSpecificationSays) {
    // RFC 1321, section A.5.
    EXPECT_EQ(hex(md5("")), "d41d8cd98f00b204e9800998ecf8427e");
    EXPECT_EQ(hex(md5("abc")), "900150983cd24fb0d6963f7d28e17f72");
    EXPECT_EQ(hex(md5("message digest")), "f96b697d7cb7938d525a2f31aaf161d0");
}

TEST(Md5, WorksWhereTheProgramsOpenSslForbidsIt) {
    const auto hash_under_fips_rules = [] {
        EVP_set_default_properties(nullptr, "fips=yes");
        const bool forbidden = EVP_MD_fetch(nullptr, "MD5", nullptr) == nullptr;
        const bool hashed = hex(md5("a")) == "0cc175b9c0f1b6a831c399e269772661";
        std::exit(forbidden && hashed ? 0 : 1);
    };
    // In a process of its own: nothing was hashed there before, and its rules end with it.
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(hash_under_fips_rules(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace lk
