#include "aws/sha256_pair.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "aws/sha256_lanes.hpp"

namespace lk::aws {
namespace {

using Pieces = std::vector<std::string_view>;

// NIST's example values of SHA-256 (csrc.nist.gov, Cryptographic Standards and Guidelines), and the
// long one of FIPS 180-2, appendix B.3.
struct Published {
    std::string text;
    const char* digest;
};

std::vector<Published> published() {
    return {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
        {std::string(1'000'000, 'a'),
         "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
    };
}

std::string random_text(std::mt19937& random, std::size_t bytes) {
    std::string text(bytes, '\0');
    for (char& c : text) c = static_cast<char>(random());
    return text;
}

// In pieces of up to 200 bytes, empty ones among them, or rarely of any length.
Pieces cut(std::mt19937& random, std::string_view text) {
    Pieces pieces;
    while (!text.empty()) {
        const std::size_t most = random() % 8 == 0 ? text.size() : 200;
        const std::string_view piece = text.substr(0, random() % (most + 1));
        pieces.push_back(piece);
        text.remove_prefix(piece.size());
    }
    return pieces;
}

TEST(Sha256Pair, GivesThePublishedDigestsOnEitherSide) {
    for (const Published& one : published()) {
        for (const Published& other : published()) {
            const std::string_view first[] = {one.text};
            const std::string_view second[] = {other.text};
            const auto digests = sha256_pair(first, second);
            EXPECT_EQ(hex(digests.first), one.digest);
            EXPECT_EQ(hex(digests.second), other.digest);
        }
    }
}

TEST(Sha256Pair, GivesWhatOpensslGivesWhateverTheLengthsAndThePieces) {
    if (!has_sha256_lanes()) GTEST_SKIP() << "OpenSSL makes both here";
    std::mt19937 random(20261126);
    for (int round = 0; round < 2000; ++round) {
        const std::string one = random_text(random, random() % (round % 10 == 0 ? 20'000 : 300));
        const std::string other = random_text(random, random() % 400);
        const auto digests = sha256_pair(cut(random, one), cut(random, other));
        ASSERT_EQ(digests.first, sha256(one)) << one.size() << " bytes in round " << round;
        ASSERT_EQ(digests.second, sha256(other)) << other.size() << " bytes in round " << round;
    }
}

TEST(Sha256Pair, EndsTextsOfEveryLengthAroundABlock) {
    for (std::size_t bytes = 0; bytes <= 2 * sha256_block_bytes + 1; ++bytes) {
        const std::string text(bytes, 'x');
        const std::string_view pieces[] = {text};
        const auto digests = sha256_pair(pieces, {});
        EXPECT_EQ(digests.first, sha256(text)) << bytes;
        EXPECT_EQ(digests.second, sha256(std::string_view())) << bytes;
    }
}

}  // namespace
}  // namespace lk::aws
