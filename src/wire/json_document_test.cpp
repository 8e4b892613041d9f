#include <gtest/gtest.h>

#include <limits>

#include "wire/document.hpp"
#include "wire/json_string.hpp"
#include "wire/test_messages.hpp"

namespace lk::wire {
namespace {

Expected<Document, std::string> parsed(std::string_view bytes) {
    const ExactCopy copy(bytes);
    return parse(Encoding::json, copy);
}

std::string escaped(std::string_view text) {
    std::string out;
    append_json_escaped(out, text);
    return out;
}

TEST(ContentType, IsKinesissOwn) {
    EXPECT_EQ(content_type(Encoding::json), "application/x-amz-json-1.1");
    EXPECT_EQ(content_type(Encoding::cbor), "application/x-amz-cbor-1.1");
}

TEST(JsonDocument, IsReadBackAsItWasWritten) {
    RandomDocuments documents(8259, Encoding::json);
    for (int round = 0; round < 20'000; ++round) {
        const Document document = documents.next();
        const auto read = parsed(serialize(Encoding::json, document));
        ASSERT_TRUE(read.has_value()) << document << read.error();
        ASSERT_EQ(*read, document);
    }
}

TEST(JsonDocument, IsReadTheSameByNlohmann) {
    RandomDocuments documents(8260, Encoding::json);
    for (int round = 0; round < 20'000; ++round) {
        const Document document = documents.next();
        ASSERT_EQ(Document::parse(serialize(Encoding::json, document)), document);
        ASSERT_EQ(*parsed(document.dump()), document);
    }
}

TEST(JsonDocument, WritesBytesAsBase64) {
    EXPECT_EQ(serialize(Encoding::json, {{"Data", Document::binary({0xFF, 0x00, 0x10})}}),
              R"({"Data":"/wAQ"})");
}

TEST(JsonDocument, WritesTimestampsAsSecondsWithAFraction) {
    EXPECT_EQ(serialize(Encoding::json, {{"Timestamp", 1456000000.123}}),
              R"({"Timestamp":1456000000.123})");
}

TEST(JsonDocument, WritesEmptyContainersAndNestedOnes) {
    const std::string text = R"([[],{},{"a":[{"b":null}]},true,-1,18446744073709551615])";
    EXPECT_EQ(serialize(Encoding::json, *parsed(text)), text);
}

TEST(JsonDocument, WrongBytesInATextAreReplaced) {
    EXPECT_EQ(serialize(Encoding::json,
                        "a\xFF"
                        "b"),
              "\"a\xEF\xBF\xBD"
              "b\"");
}

TEST(JsonDocument, RefusesWhatIsNoJson) {
    for (const std::string_view text :
         {"",         " ",           "{",          "[",     "[1",    "{\"a\"",       "{\"a\":",
          "{\"a\":1", "[1,]",        "{\"a\":1,}", "{a:1}", "'a'",   "01",           "+1",
          "1.",       ".5",          "1e",         "nul",   "NaN",   "\"",           "\"\\x\"",
          "\"\n\"",   "\"\\ud800\"", "1 2",        "{} x",  "1e400", "// comment\n1"}) {
        EXPECT_FALSE(parsed(text).has_value()) << text;
    }
    EXPECT_FALSE(parsed("\"\xFF\"").has_value());
    EXPECT_FALSE(parsed("\"\xED\xA0\x80\"").has_value());
    EXPECT_FALSE(parsed(std::string_view("[1]\0", 4)).has_value());
}

TEST(JsonDocument, FollowsThirtyTwoContainersIntoEachOtherAndNoMore) {
    const auto arrays = [](std::size_t depth) {
        return std::string(depth, '[') + std::string(depth, ']');
    };
    const auto objects = [](std::size_t depth) {
        std::string out;
        for (std::size_t at = 0; at < depth; ++at) out += "{\"a\":";
        return out + "1" + std::string(depth, '}');
    };
    EXPECT_TRUE(parsed(arrays(32)).has_value());
    EXPECT_TRUE(parsed(objects(32)).has_value());
    EXPECT_EQ(parsed(arrays(33)).error(),
              "JSON at byte 33: arrays and objects nested more than 32 deep");
    EXPECT_FALSE(parsed(objects(33)).has_value());
    EXPECT_FALSE(parsed(std::string(1'000'000, '[')).has_value());
    EXPECT_TRUE(parsed(std::string("[").append(arrays(31)).append(",[]]")).has_value());
}

TEST(JsonDocument, SaysWhatIsWrongAndWhere) {
    EXPECT_EQ(parsed(R"({"a":1,"a":2})").error(),
              "JSON at byte 10: a member name that occurred before");
    const std::string problem = parsed("[1,}").error();
    EXPECT_EQ(problem.find("JSON at byte 4: syntax error"), 0U) << problem;
}

TEST(JsonDocument, AProblemIsOneShortLineHoweverLongTheTokenIs) {
    const std::string problem = parsed("\"" + std::string(100'000, 'x') + "\n\"").error();
    EXPECT_LT(problem.size(), 300U);
    EXPECT_EQ(problem.find('\n'), std::string::npos);
}

TEST(JsonString, EscapesOnlyWhatMustBe) {
    EXPECT_EQ(escaped("\"\\\b\t\n\f\r"), R"(\"\\\b\t\n\f\r)");
    EXPECT_EQ(escaped(std::string_view("\0\x01\x1F", 3)), R"(\u0000\u0001\u001f)");
    const std::string_view plain =
        "/<>&' \x7F\xC2\x80\xE2\x80\xA8\xEF\xBB\xBF\xF0\x9F\x98\x80 and the rest";
    EXPECT_EQ(escaped(plain), plain);
}

TEST(JsonString, SeesAnEscapeWhereverItStands) {
    for (std::size_t length = 1; length < 40; ++length) {
        for (std::size_t at = 0; at < length; ++at) {
            for (int code = 0; code < 256; ++code) {
                std::string text(length, 'x');
                text[at] = static_cast<char>(code);
                std::string expected(at, 'x');
                if (code == '"' || code == '\\' || code < 0x20) {
                    const std::string quoted = Document(std::string(1, text[at])).dump();
                    expected += quoted.substr(1, quoted.size() - 2);
                } else {
                    expected += text[at];
                }
                expected.append(length - at - 1, 'x');
                ASSERT_EQ(escaped(text), expected);
            }
        }
    }
}

}  // namespace
}  // namespace lk::wire
