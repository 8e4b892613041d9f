#include <gtest/gtest.h>

#include <vector>

#include "event/json_text.hpp"

namespace lk::event {
namespace {

/// UTF-8 as its definition reads, without looking whether such a character may exist.
std::string encoded(std::uint32_t code_point, int bytes) {
    if (bytes == 1) return {static_cast<char>(code_point)};
    std::string out;
    for (int index = 1; index < bytes; ++index, code_point >>= 6U) {
        out.insert(out.begin(), static_cast<char>(0x80U | (code_point & 0x3FU)));
    }
    const unsigned mark = (0xF00U >> static_cast<unsigned>(bytes)) & 0xFFU;
    out.insert(out.begin(), static_cast<char>(mark | code_point));
    return out;
}

int shortest(std::uint32_t code_point) {
    if (code_point < 0x80) return 1;
    if (code_point < 0x800) return 2;
    return code_point < 0x10000 ? 3 : 4;
}

/// In memory that ends where the text ends, so that a sanitizer sees every read beyond it.
bool valid(std::string_view text) {
    const std::vector<char> exact(text.begin(), text.end());
    return is_utf8({exact.data(), exact.size()});
}

TEST(Utf8, EveryCodePointPassesInItsShortestFormAloneSurrogatesExcepted) {
    for (std::uint32_t code_point = 0; code_point < 0x200000; ++code_point) {
        const bool exists = code_point <= 0x10FFFF && (code_point < 0xD800 || code_point > 0xDFFF);
        const int bytes = shortest(code_point);
        ASSERT_EQ(is_utf8(encoded(code_point, bytes)), exists) << std::hex << code_point;
        for (int longer = bytes + 1; longer <= 4; ++longer) {
            ASSERT_FALSE(is_utf8(encoded(code_point, longer))) << std::hex << code_point;
        }
    }
}

TEST(Utf8, ACutSequenceFailsWhereverItStands) {
    for (const std::uint32_t code_point : {0xE9U, 0x20ACU, 0x1F600U}) {
        const std::string whole = encoded(code_point, shortest(code_point));
        for (std::size_t length = 1; length < whole.size(); ++length) {
            const std::string cut = whole.substr(0, length);
            EXPECT_FALSE(valid(cut));
            EXPECT_FALSE(valid(cut + "a"));
            EXPECT_FALSE(valid(cut + whole));
            EXPECT_FALSE(valid(std::string(7, 'a') + cut));
            EXPECT_FALSE(valid(std::string(8, 'a') + cut + std::string(8, 'a')));
        }
        EXPECT_FALSE(valid(whole.substr(1)));
        EXPECT_TRUE(valid(std::string(7, 'a') + whole + std::string(9, 'a') + whole));
    }
}

TEST(Utf8, ABadByteIsSeenAtEveryPlaceInALongText) {
    std::string text(40, 'a');
    EXPECT_TRUE(valid(text));
    for (std::size_t at = 0; at < text.size(); ++at) {
        for (const char bad : {'\x80', '\xC3', '\xFF'}) {
            std::string spoilt = text;
            spoilt[at] = bad;
            EXPECT_FALSE(valid(spoilt)) << at;
        }
    }
}

TEST(Utf8, EmptyTextAndZeroBytesAreText) {
    EXPECT_TRUE(is_utf8({}));
    EXPECT_TRUE(is_utf8(std::string_view("a\0b", 3)));
}

TEST(Utf8, CountsCodePointsNotBytesNorUtf16Units) {
    EXPECT_EQ(code_points({}), 0U);
    EXPECT_EQ(code_points("key"), 3U);
    EXPECT_EQ(code_points("\xC3\xA9"), 1U);
    EXPECT_EQ(code_points("\xE6\x97\xA5\xE6\x9C\xAC"), 2U);
    EXPECT_EQ(code_points("\xF0\x9F\x98\x80!"), 2U);
    std::string keys;
    for (int count = 0; count < 256; ++count) keys += "\xF0\x9F\x98\x80";
    EXPECT_EQ(code_points(keys), 256U);
}

}  // namespace
}  // namespace lk::event
