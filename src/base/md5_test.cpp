#include "base/md5.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <random>
#include <string>
#include <vector>

namespace lk {
namespace {

std::string hex(const Md5Digest& digest) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const char c : digest) {
        text += digits[static_cast<unsigned char>(c) >> 4U];
        text += digits[static_cast<unsigned char>(c) & 15U];
    }
    return text;
}

Md5Digest of_openssl(std::string_view message) {
    std::array<unsigned char, 16> digest{};
    EXPECT_EQ(EVP_Q_digest(nullptr, "MD5", nullptr, message.data(), message.size(), digest.data(),
                           nullptr),
              1);
    Md5Digest chars;
    for (std::size_t at = 0; at < digest.size(); ++at) chars[at] = static_cast<char>(digest[at]);
    return chars;
}

class Random {
  public:
    std::size_t below(std::size_t bound) { return engine_() % bound; }
    std::string bytes(std::size_t count) {
        std::string made(count, '\0');
        for (char& c : made) c = static_cast<char>(engine_());
        return made;
    }

  private:
    std::mt19937_64 engine_{13};
};

void expect_digests_of(const std::vector<std::string>& messages) {
    const std::vector<std::string_view> views(messages.begin(), messages.end());
    std::vector<Md5Digest> digests(messages.size());
    md5(views, digests);
    for (std::size_t at = 0; at < messages.size(); ++at) {
        ASSERT_EQ(hex(digests[at]), hex(of_openssl(messages[at])))
            << "message " << at << " of " << messages.size() << ", " << messages[at].size()
            << " bytes";
    }
}

TEST(Md5, IsWhatItsSpecificationSays) {
    // RFC 1321, section A.5.
    EXPECT_EQ(hex(md5("")), "d41d8cd98f00b204e9800998ecf8427e");
    EXPECT_EQ(hex(md5("abc")), "900150983cd24fb0d6963f7d28e17f72");
    EXPECT_EQ(hex(md5("message digest")), "f96b697d7cb7938d525a2f31aaf161d0");
}

TEST(Md5, AgreesWithOpenSslForEveryLength) {
    Random random;
    for (std::size_t length = 0; length <= 1024; ++length) {
        const std::string message = random.bytes(length);
        ASSERT_EQ(hex(md5(message)), hex(of_openssl(message))) << length;
    }
    const std::string large = random.bytes(3'000'001);
    EXPECT_EQ(hex(md5(large)), hex(of_openssl(large)));
}

// The last block or two of each differ: the rest of the message, its end, and its length.
TEST(Md5, OfSeveralMessagesOfEveryLengthAreThoseOfEach) {
    Random random;
    for (std::size_t length = 0; length <= 200; ++length) {
        std::vector<std::string> messages;
        for (std::size_t at = 0; at < md5_lanes; ++at) messages.push_back(random.bytes(length));
        expect_digests_of(messages);
    }
}

// Lanes begin and end their messages at different moments, and some stay empty.
TEST(Md5, OfAnyNumberOfMessagesOfAnySizesAreThoseOfEach) {
    Random random;
    for (std::size_t count = 0; count <= 3 * md5_lanes + 1; ++count) {
        for (int round = 0; round < 8; ++round) {
            std::vector<std::string> messages(count);
            for (std::string& message : messages) {
                message = random.bytes(random.below(random.below(4) == 0 ? 20'000 : 150));
            }
            expect_digests_of(messages);
        }
    }
}

TEST(Md5, OfOneLongMessageAmongShortOnesIsFinishedAlone) {
    Random random;
    std::vector<std::string> messages(20, "short");
    messages[3] = random.bytes(1'000'000);
    messages[17] = random.bytes(70'000);
    expect_digests_of(messages);
}

}  // namespace
}  // namespace lk
