#include "event/hash_key.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <cstdio>
#include <cstdlib>
#include <random>
#include <thread>
#include <vector>

namespace lk::event {
namespace {

std::string hex(HashKey key) {
    std::array<char, 33> text{};
    std::snprintf(text.data(), text.size(), "%016llx%016llx",
                  static_cast<unsigned long long>(key.high),
                  static_cast<unsigned long long>(key.low));
    return text.data();
}

std::string md5_in_one_call(std::string_view bytes) {
    std::array<unsigned char, 16> digest{};
    EXPECT_EQ(
        EVP_Q_digest(nullptr, "MD5", nullptr, bytes.data(), bytes.size(), digest.data(), nullptr),
        1);
    HashKey key;
    for (std::size_t index = 0; index < 8; ++index) {
        key.high = key.high << 8U | digest[index];
        key.low = key.low << 8U | digest[index + 8];
    }
    return hex(key);
}

TEST(HashKey, OfAPartitionKeyIsItsMd5) {
    // RFC 1321, section A.5.
    EXPECT_EQ(hex(hash_of_partition_key("")), "d41d8cd98f00b204e9800998ecf8427e");
    EXPECT_EQ(hex(hash_of_partition_key("a")), "0cc175b9c0f1b6a831c399e269772661");
    EXPECT_EQ(hex(hash_of_partition_key("abc")), "900150983cd24fb0d6963f7d28e17f72");
    EXPECT_EQ(hex(hash_of_partition_key("message digest")), "f96b697d7cb7938d525a2f31aaf161d0");
    EXPECT_EQ(
        hex(hash_of_partition_key("12345678901234567890123456789012345678901234567890123456789"
                                  "012345678901234567890")),
        "57edf4a22be3c955ac49da2e2107b67a");
}

TEST(HashKey, AgreesWithOpenSslForKeysOfEveryLength) {
    std::mt19937_64 random(2);
    for (std::size_t length = 0; length <= 1024; ++length) {
        std::string key(length, '\0');
        for (char& c : key) c = static_cast<char>(random());
        ASSERT_EQ(hex(hash_of_partition_key(key)), md5_in_one_call(key)) << length;
    }
}

TEST(HashKey, OfSeveralAreThoseOfEach) {
    std::mt19937_64 random(3);
    for (std::size_t count = 0; count <= 40; ++count) {
        std::vector<std::string> keys(count);
        for (std::string& key : keys) {
            key.resize(random() % 260);
            for (char& c : key) c = static_cast<char>(random());
        }
        std::vector<HashKey> hashes(count);
        hashes_of_partition_keys(std::vector<std::string_view>(keys.begin(), keys.end()), hashes);
        for (std::size_t at = 0; at < count; ++at) {
            ASSERT_EQ(hex(hashes[at]), md5_in_one_call(keys[at])) << count << ' ' << at;
        }
    }
}

TEST(HashKey, WorksWhereTheProgramsOpenSslForbidsMd5) {
    const auto hash_under_fips_rules = [] {
        EVP_set_default_properties(nullptr, "fips=yes");
        const bool forbidden = EVP_MD_fetch(nullptr, "MD5", nullptr) == nullptr;
        const bool hashed = hex(hash_of_partition_key("a")) == "0cc175b9c0f1b6a831c399e269772661";
        std::exit(forbidden && hashed ? 0 : 1);
    };
    // In a process of its own: nothing was hashed there before, and its rules end with it.
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(hash_under_fips_rules(), testing::ExitedWithCode(0), "");
}

TEST(HashKey, ManyThreadsHashAtTheSameTime) {
    const std::string expected = md5_in_one_call("posts-48213");
    std::vector<std::thread> threads;
    std::array<int, 8> wrong{};
    for (int& mine : wrong) {
        threads.emplace_back([&] {
            for (int round = 0; round < 1'000; ++round) {
                if (hex(hash_of_partition_key("posts-48213")) != expected) ++mine;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(wrong, (std::array<int, 8>{}));
}

TEST(HashKey, ReadsDecimalNumbersBelowTwoToThe128) {
    EXPECT_EQ(parse_hash_key("0"), (HashKey{0, 0}));
    EXPECT_EQ(parse_hash_key("7"), (HashKey{0, 7}));
    EXPECT_EQ(parse_hash_key("18446744073709551615"), (HashKey{0, UINT64_MAX}));
    EXPECT_EQ(parse_hash_key("18446744073709551616"), (HashKey{1, 0}));
    EXPECT_EQ(parse_hash_key("170141183460469231731687303715884105728"), (HashKey{1ULL << 63U, 0}));
    EXPECT_EQ(parse_hash_key("340282366920938463463374607431768211455"),
              (HashKey{UINT64_MAX, UINT64_MAX}));
}

TEST(HashKey, RefusesAnyOtherText) {
    for (const std::string_view text :
         {"", "00", "01", "-1", "+1", " 1", "1 ", "1.0", "1e3", "0x10", "a", "1a",
          "340282366920938463463374607431768211456", "340282366920938463463374607431768211460",
          "999999999999999999999999999999999999999", "1000000000000000000000000000000000000000",
          "0000000000000000000000000000000000000001", "\xD9\xA1"}) {
        EXPECT_FALSE(parse_hash_key(text)) << text;
    }
    EXPECT_FALSE(parse_hash_key(std::string_view("1\0", 2)));
    EXPECT_FALSE(parse_hash_key(std::string(1'000'000, '1')));
}

TEST(HashKey, WritesTheDecimalNumberThatItReads) {
    EXPECT_EQ(to_decimal({0, 0}), "0");
    EXPECT_EQ(to_decimal({1, 0}), "18446744073709551616");
    EXPECT_EQ(to_decimal({UINT64_MAX, UINT64_MAX}), "340282366920938463463374607431768211455");
    std::mt19937_64 random(3);
    for (int round = 0; round < 10'000; ++round) {
        const HashKey key{random() >> random() % 64, random() >> random() % 64};
        ASSERT_EQ(parse_hash_key(to_decimal(key)), key);
    }
}

TEST(HashKey, OrdersAsTheNumber) {
    EXPECT_LT((HashKey{0, UINT64_MAX}), (HashKey{1, 0}));
    EXPECT_LT((HashKey{1, 1}), (HashKey{1, 2}));
}

}  // namespace
}  // namespace lk::event
