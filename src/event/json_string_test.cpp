#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <vector>

#include "event/json_text.hpp"

namespace lk::event {
namespace {

/// Written into memory of just the size that was told, so that a sanitizer sees every byte more.
std::string written(std::string_view utf8) {
    std::vector<char> out(json_string_bytes(utf8));
    const char* const end = write_json_string(out.data(), utf8);
    EXPECT_EQ(end, out.data() + out.size());
    return {out.begin(), out.end()};
}

std::string random_utf8(std::mt19937_64& random, std::size_t characters) {
    constexpr std::string_view pieces[] = {"a",        "\"",    "\\",           "/",
                                           "\n",       "\x01",  "\x1F",         "\x7F",
                                           "\xC3\xA9", " ",     "\xE2\x80\xA8", "\xF0\x9F\x98\x80",
                                           "<",        "plain", "12345678"};
    std::string out;
    for (; characters != 0; --characters) out += pieces[random() % std::size(pieces)];
    return out;
}

TEST(JsonString, EscapesWhatJsonStringifyEscapesAndNothingElse) {
    EXPECT_EQ(written(""), R"("")");
    EXPECT_EQ(written("plain"), R"("plain")");
    EXPECT_EQ(written("a\"b\\c/d"), R"("a\"b\\c/d")");
    EXPECT_EQ(written("\b\t\n\f\r"), R"("\b\t\n\f\r")");
    EXPECT_EQ(written(std::string_view("\0\x01\x0B\x1A\x1F", 5)),
              R"("\u0000\u0001\u000b\u001a\u001f")");
    for (const std::string_view raw :
         {"\x7F", "\xC2\x80", "\xC2\x9F", "\xE2\x80\xA8\xE2\x80\xA9", "\xEF\xBB\xBF", "</script>&'",
          "\xF0\x9F\x98\x80", "\xE6\x97\xA5\xE6\x9C\xAC"}) {
        std::string expected = "\"";
        expected.append(raw).append("\"");
        EXPECT_EQ(written(raw), expected);
    }
}

TEST(JsonString, ReadsBackWhatItWrote) {
    std::mt19937_64 random(1);
    for (int round = 0; round < 20'000; ++round) {
        const std::string text = random_utf8(random, random() % 24);
        const std::string json = written(text);
        ASSERT_EQ(nlohmann::json::parse(json).get<std::string>(), text);
        const std::string followed = json + ",\"next\"";
        std::string_view left = followed;
        std::string read = "old";
        ASSERT_TRUE(read_json_string(left, read)) << json;
        ASSERT_EQ(read, text);
        ASSERT_EQ(left, ",\"next\"");
    }
}

TEST(JsonString, DoesNotReadTheSameStringInOtherEscapes) {
    for (const std::string_view other : {R"("\/")",     R"("\u0041")", R"("\u000A")",
                                         R"("\u000a")", R"("\u0022")", R"("\u005c")",
                                         R"("\u001F")", R"("\u0009")", R"("\ud83d\ude00")",
                                         R"("\u00e9")", R"("\u")",     R"("\u00)",
                                         R"("\u0020")", R"("\x41")",   R"("\)",
                                         R"("a)",       R"(a")",       "",
                                         "\"\n\"",      "\"\xFF\"",    R"("\U0001")",
                                         R"("\ud800")"}) {
        std::string_view left = other;
        std::string read;
        EXPECT_FALSE(read_json_string(left, read)) << other;
    }
    std::string_view zero("\"\\\0\"", 4);
    std::string read;
    EXPECT_FALSE(read_json_string(zero, read));
}

}  // namespace
}  // namespace lk::event
