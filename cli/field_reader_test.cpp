#include "cli/field_reader.hpp"

#include <gmock/gmock.h>

#include <string>

#include "cli/line_reader.hpp"

namespace lk::cli {
namespace {

using testing::HasSubstr;

struct Read {
    std::string type;
    std::string key;
    std::string user;
    std::string problem;
};

Read read(FieldReader& reader, const std::string& line) {
    const std::string padded = line + std::string(LineReader::readable_past_text, 'x');
    const auto fields = reader.read(std::string_view(padded).substr(0, line.size()));
    if (!fields) return {{}, {}, {}, fields.error()};
    return {std::string(fields->type),
            std::string(fields->partition_key),
            std::string(fields->source_user_id),
            {}};
}

Read read(const std::string& line, FieldNames names = {"type", "key", "user"}) {
    FieldReader reader(std::move(names));
    return read(reader, line);
}

TEST(FieldReader, StringsStandForTheirText) {
    const Read fields = read(R"({"a":1,"user":"u","type":"post \"added\" é","key":"posts-1"})");
    EXPECT_EQ(fields.type, "post \"added\" é");
    EXPECT_EQ(fields.key, "posts-1");
    EXPECT_EQ(fields.user, "u");
    EXPECT_EQ(fields.problem, "");
}

TEST(FieldReader, NumbersAndBooleansStandForTheirJsonText) {
    const Read fields = read(R"({"type":true , "key": -1.50e3 ,"user":18446744073709551616})");
    EXPECT_EQ(fields.type, "true");
    EXPECT_EQ(fields.key, "-1.50e3");
    EXPECT_EQ(fields.user, "18446744073709551616");
}

TEST(FieldReader, MissingAndNullFieldsAreEmpty) {
    const Read fields = read(R"({"type":"t","key":null})");
    EXPECT_EQ(fields.key, "");
    EXPECT_EQ(fields.user, "");
    EXPECT_EQ(fields.problem, "");
}

TEST(FieldReader, ALineWithoutItsTypeIsRefusedByTheFieldsName) {
    for (const char* line : {R"({"a":1})", R"({"type":null})", R"({"type":""})", "{}"}) {
        EXPECT_THAT(read(line).problem, HasSubstr("the field \"type\"")) << line;
    }
}

TEST(FieldReader, ObjectsAndArraysAreRefused) {
    EXPECT_THAT(read(R"({"type":{"a":1}})").problem, HasSubstr("\"type\" is an object"));
    EXPECT_THAT(read(R"({"type":"t","user":["u"]})").problem, HasSubstr("\"user\" is an array"));
}

TEST(FieldReader, OnlyTopLevelMembersCount) {
    EXPECT_EQ(read(R"({"a":{"type":"inner"},"type":"outer","b":[{"type":"inner"}]})").type,
              "outer");
}

TEST(FieldReader, OfMembersWithTheSameNameTheLastCounts) {
    EXPECT_EQ(read(R"({"type":"first","type":"last"})").type, "last");
}

TEST(FieldReader, AnEscapedNameIsTheSameName) {
    EXPECT_EQ(read(R"({"\u0074ype":"t"})").type, "t");
    EXPECT_EQ(read(R"({"a\"b":"t"})", {"a\"b", "", ""}).type, "t");
    EXPECT_THAT(read(R"({"a\\nb":"t"})", {"a\nb", "", ""}).problem, HasSubstr("is missing"));
}

TEST(FieldReader, OneFieldMaySayTwoThings) {
    const Read fields = read(R"({"id":7})", {"id", "id", "id"});
    EXPECT_EQ(fields.type + fields.key + fields.user, "777");
}

TEST(FieldReader, ALineThatIsNoObjectIsRefused) {
    for (const char* line : {"[1]", "1", "\"text\"", "null", "hello"}) {
        EXPECT_THAT(read(line).problem, HasSubstr("no JSON object")) << line;
    }
    for (const char* line : {"{", R"({"type")", R"({"type":"t)", R"({type:1})"}) {
        EXPECT_THAT(read(line).problem, HasSubstr("not JSON")) << line;
    }
}

TEST(FieldReader, WhatIsOddElsewhereInTheLineDoesNotMatter) {
    // Valid JSON that simdjson's own values can not hold; the line is checked when it is
    // dispatched.
    EXPECT_EQ(read(R"({"a":1e400,"b":"\ud800","\udfff":0,"type":"t","c":{"d":[]}})").type, "t");
}

TEST(FieldReader, ATextThatIsNoneIsRefused) {
    EXPECT_THAT(read(R"({"type":"\ud800"})").problem, HasSubstr("\"type\" holds an escape"));
}

TEST(FieldReader, ReadsTheLastLineOfAnInput) {
    const std::string text = "{\"type\":1}\n{\"type\":2}";
    std::size_t at = 0;
    LineReader lines(
        [&](std::span<char> buffer) {
            const std::size_t bytes = text.copy(buffer.data(), buffer.size(), at);
            at += bytes;
            return static_cast<std::ptrdiff_t>(bytes);
        },
        100, 1);
    FieldReader reader({"type", "", ""});
    std::string types;
    for (Line line; lines.next(line);) types += reader.read(line.text).value().type;
    EXPECT_EQ(types, "12");
}

TEST(FieldReader, GoesOnAfterARefusedLine) {
    FieldReader reader({"type", "", ""});
    EXPECT_NE(read(reader, "{\"type\":").problem, "");
    EXPECT_EQ(read(reader, R"({"type":"t"})").type, "t");
}

TEST(FieldReader, WantsNothingWithoutNames) {
    EXPECT_FALSE(FieldReader({}).wanted());
    EXPECT_TRUE(FieldReader({"", "", "user"}).wanted());
}

}  // namespace
}  // namespace lk::cli
