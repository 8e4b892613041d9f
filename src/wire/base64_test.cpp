#include "wire/base64.hpp"

#include <gtest/gtest.h>

#include <random>

namespace lk::wire {
namespace {

std::string encode(std::string_view bytes) {
    std::string out;
    append_base64(out, bytes);
    return out;
}

// Bit by bit, as RFC 4648 tells it.
std::string encode_slowly(std::string_view bytes) {
    std::string bits;
    for (const char byte : bytes) {
        for (int bit = 7; bit >= 0; --bit) {
            bits += (static_cast<unsigned char>(byte) >> bit & 1) != 0 ? '1' : '0';
        }
    }
    while (bits.size() % 6 != 0) bits += '0';
    std::string out;
    for (std::size_t at = 0; at < bits.size(); at += 6) {
        out += "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[std::stoul(
            bits.substr(at, 6), nullptr, 2)];
    }
    while (out.size() % 4 != 0) out += '=';
    return out;
}

TEST(Base64, WritesTheExamplesOfRfc4648) {
    EXPECT_EQ(encode(""), "");
    EXPECT_EQ(encode("f"), "Zg==");
    EXPECT_EQ(encode("fo"), "Zm8=");
    EXPECT_EQ(encode("foo"), "Zm9v");
    EXPECT_EQ(encode("foob"), "Zm9vYg==");
    EXPECT_EQ(encode("fooba"), "Zm9vYmE=");
    EXPECT_EQ(encode("foobar"), "Zm9vYmFy");
}

TEST(Base64, WritesAndReadsBytesOfEveryLengthAndValue) {
    std::mt19937 random(4648);
    std::string bytes;
    for (std::size_t length = 0; length < 5000; length += 1 + length / 64) {
        while (bytes.size() < length) bytes += static_cast<char>(random());
        const std::string text = encode(bytes);
        ASSERT_EQ(text, encode_slowly(bytes));
        ASSERT_EQ(text.size(), base64_bytes(length));
        ASSERT_EQ(decode_base64(text), bytes);
    }
}

TEST(Base64, WritesBehindWhatIsThere) {
    std::string out = "\"Data\":\"";
    append_base64(out, "foobar");
    EXPECT_EQ(out, "\"Data\":\"Zm9vYmFy");
}

TEST(Base64, RefusesWhateverNoEncoderWrites) {
    for (const std::string_view text : {
             "Z", "Zg", "Zg=", "Zg===", "=", "==", "===",
             "====",                                           // wrong padding
             "Zm9v=", "Zm9v====", "Zg==Zg==", "Z=g=", "=Zg=",  // padding in the wrong place
             "Zm9\n", "Zm 9", "Zm9-", "Zm9_", "Zm9\x80", "Zm\xC3\xA9",  // not of the
                                                                        // alphabet
             "Zh==", "Zm9=",                                            // bits beyond the bytes
         }) {
        EXPECT_EQ(decode_base64(text), std::nullopt) << text;
    }
    EXPECT_EQ(decode_base64(std::string_view("Zm9\0", 4)), std::nullopt);
}

TEST(Base64, NoTwoTextsStandForTheSameByte) {
    constexpr std::string_view alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    int accepted = 0;
    for (const char first : alphabet) {
        for (const char second : alphabet) {
            if (decode_base64(std::string{first, second, '=', '='}).has_value()) ++accepted;
        }
    }
    EXPECT_EQ(accepted, 256);
}

}  // namespace
}  // namespace lk::wire
