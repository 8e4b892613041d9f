#include "wire/utf8.hpp"

#include <gtest/gtest.h>

#include <random>

#include "wire/printable.hpp"

namespace lk::wire {
namespace {

bool is_utf8_by_characters(std::string_view text) {
    while (!text.empty()) {
        const std::size_t length = utf8_character_bytes(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

TEST(Utf8, TheFirstAndLastCharacterOfEachLengthIsOne) {
    for (const std::string_view character :
         {"\x01", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
          "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
        EXPECT_EQ(utf8_character_bytes(character), character.size()) << character;
    }
}

TEST(Utf8, OverlongFormsSurrogatesAndWhatLiesBeyondUnicodeAreNoCharacters) {
    for (const std::string_view bytes :
         {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xED\xBF\xBF",
          "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xC3", "\xE2\x82",
          "\xF0\x9F\x98", "\xC3\x28", "\xE2\x28\xA1"}) {
        EXPECT_EQ(utf8_character_bytes(bytes), 0U);
        EXPECT_FALSE(is_utf8(bytes));
    }
}

TEST(Utf8, TextAtOnceAndCharacterByCharacterAreJudgedTheSame) {
    std::mt19937 random(20160101);
    constexpr std::string_view bytes = "aaa\x80\xBF\xC3\xA9\xE2\x82\xAC\xED\xA0\xF0\x9F\x98\x80";
    for (int round = 0; round < 200'000; ++round) {
        std::string text;
        for (auto left = random() % 12; left != 0; --left) text += bytes[random() % bytes.size()];
        ASSERT_EQ(is_utf8(text), is_utf8_by_characters(text)) << testing::PrintToString(text);
        ASSERT_TRUE(is_utf8(replace_invalid_utf8(text)));
        if (is_utf8(text)) {
            ASSERT_EQ(replace_invalid_utf8(text), text);
        }
    }
}

TEST(Utf8, OneByteAboveAsciiIsSeenWhereverItStands) {
    for (std::size_t length = 0; length < 40; ++length) {
        std::string text(length, 'x');
        EXPECT_TRUE(is_ascii(text));
        for (char& character : text) {
            character = '\x80';
            EXPECT_FALSE(is_ascii(text));
            character = 'x';
        }
    }
}

TEST(Utf8, EachWrongByteIsReplacedByItself) {
    EXPECT_EQ(replace_invalid_utf8("a\xE2\x82"
                                   "b"),
              "a\xEF\xBF\xBD\xEF\xBF\xBD"
              "b");
}

TEST(PrintableBeginning, IsOneLineWithoutControlCharacters) {
    EXPECT_EQ(printable_beginning("  <html>\r\n\t<b>503\x01</b>\xFF caf\xC3\xA9\xC2\x85 \n", 200),
              "<html> <b>503</b> caf\xC3\xA9");
}

TEST(PrintableBeginning, CountsCharactersNotBytes) {
    EXPECT_EQ(printable_beginning("ééééé", 3), "ééé");
    EXPECT_EQ(printable_beginning("a b", 2), "a");
    EXPECT_EQ(printable_beginning("", 3), "");
}

}  // namespace
}  // namespace lk::wire
