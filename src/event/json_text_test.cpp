#include "event/json_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace lk::event {
namespace {

using testing::HasSubstr;

/// The text as `compact` leaves it, or "refused: " and why. The text is checked in memory that
/// ends where it ends, so that a sanitizer sees every read beyond it.
std::string compacted(std::string_view text) {
    const std::vector<char> exact(text.begin(), text.end());
    JsonChecker checker;
    const auto result = checker.compact({exact.data(), exact.size()});
    return result ? std::string(*result) : "refused: " + result.error().message;
}

std::string repeated(std::string_view text, std::size_t times) {
    std::string out;
    for (; times != 0; --times) out += text;
    return out;
}

class AcceptedJson : public testing::TestWithParam<std::string_view> {};

TEST_P(AcceptedJson, StaysAsItIs) {
    EXPECT_EQ(compacted(GetParam()), GetParam());
}

constexpr std::string_view accepted[] = {
    // Values of each kind.
    "null", "true", "false", "0", "-0", "1", "-1", "10", "1234567890", R"("")", R"("a")", "[]",
    "{}", "[[]]", "[{}]", R"({"a":{}})", R"({"a":[]})", "[1,2]", R"({"a":1,"b":2})", R"({"":0})",
    R"({"a":[1,{"b":null}],"c":"d"})", "[[],[]]", R"([{"a":1},{"a":1}])", "[null,true,false]",
    // Numbers, however large or exact.
    "0.0", "-0.0", "0.5", "1.5", "1e0", "1E5", "1e+5", "1e-5", "1.25E-10", "0e0", "0E+0", "-0e-0",
    "18446744073709551615", "18446744073709551616", "9007199254740993", "-9223372036854775809",
    "123456789012345678901234567890123456789012345678901234567890", "1e400", "-1e400", "1e-400",
    "1e99999999999999999999", "0.1000000000000000055511151231257827021181583404541015625",
    "1.7976931348623159e308", "4.9e-324", "[1e400,18446744073709551616]",
    // Escapes are kept as they stand, those of lone surrogates too.
    R"("\"\\\/\b\f\n\r\t")", R"("\u0000")", R"("\u00e9\u00E9")", R"("\uD83D\uDE00")", R"("\ud800")",
    R"("\udc00")", R"("\ude00\ud83d")", R"("\ud800\ud800")", R"("\uDBFF\u0041")", R"({"\ud800":1})",
    R"("\\")", R"("\\\"")", R"(["\\","a"])", R"("\uFFFF\uFFFE")",
    // Names may repeat, and are not put in order.
    R"({"a":1,"a":2})", R"({"z":1,"a":2})",
    // What stands in a string stays there.
    R"(" [1, 2] ")", R"("{")", R"("a : b , c")", R"("/* no comment */")", "\"\x7F\"",
    "\"\xC2\x80\"", "\"\xE2\x80\xA8\xE2\x80\xA9\"", "\"\xEF\xBB\xBF\"", "\"\xF0\x9F\x98\x80\"",
    "\"\xF4\x8F\xBF\xBF\"", "\"\xEF\xBF\xBF\"", "\"\xED\x9F\xBF\"",
    "{\"\xE6\x97\xA5\xE6\x9C\xAC\":\"\xD7\x90\"}"};

INSTANTIATE_TEST_SUITE_P(Rfc8259, AcceptedJson, testing::ValuesIn(accepted));

class RefusedJson : public testing::TestWithParam<std::string_view> {};

TEST_P(RefusedJson, IsRefused) {
    EXPECT_THAT(compacted(GetParam()), HasSubstr("refused: "));
}

using namespace std::string_view_literals;

constexpr std::string_view refused[] = {
    // No value, or not one.
    "", " ", "\n\t\r ", ",", ":", "[", "]", "{", "}", "[1", "[1,", R"({"a")", R"({"a":)",
    R"({"a":1)", R"({"a":1,)", "[1]]", "{}}", "1 2", "[] []", "{}{}", "null null", "1,", "[1 2]",
    R"("a" "b")", R"({"a":1 "b":2})", "[1,]", "[,1]", "[,]", "[1,,2]", R"({"a":1,})", "{,}",
    R"({,"a":1})", "{1:2}", "{a:1}", R"({"a"})", R"({"a" 1})", R"({"a"::1})", R"({"a":1:2})",
    R"({"a",1})", "[1:2]", R"(["a":1])", "[}", "{]", R"({"a":1])", "[1}", R"({"a":[1})", "{null:1}",
    "[\"a\"", "{\"a\":{}", "([])", "<a>", "*",
    // Words.
    "nul", "nulll", "tru", "truee", "fals", "NULL", "True", "nan", "NaN", "Infinity", "-Infinity",
    "undefined", "t", "f", "n", "[tru]", "[nul", "truefalse", "nullnull", "true1",
    // Numbers.
    "-", "+1", "01", "-01", "00", "1.", ".5", "-.5", "1.e5", "1e", "1e+", "1E-", "1e1.5", "1.2.3",
    "0x10", "1_000", "1,000", "--1", "1-", "1+1", "0e", "1ee5", "-a", "1a", "1.5f", "1e5e5", "2.e3",
    "[-]", "[1.]", "[1e]", "\xEF\xBC\x91", "0b1", "1n",
    // Strings.
    "\"", "\"a", "\"\\\"", "\"\\", R"("\a")", R"("\x41")", R"("\'")", R"("\0")", R"("\U0041")",
    R"("\u")", R"("\u0")", R"("\u00")", R"("\u004")", R"("\u004g")", R"("\u 041")", "\"\\u0041",
    R"("\u{41}")", R"('a')", "\"\n\"", "\"\t\"", "\"\x01\"", "\"\x1F\"", "\"\0\""sv, "\"\\\n\"",
    "\"\\\xC3\xA9\"", "{\"a\n\":1}", "\"a\"b", "a", "\"a\\",
    // Bytes that are not UTF-8, in strings and names.
    "\"\x80\"", "\"\xBF\"", "\"\xC0\x80\"", "\"\xC1\xBF\"", "\"\xC3\"", "\"\xC3", "\"\xE2\x82\"",
    "\"\xE0\x80\x80\"", "\"\xE0\x9F\xBF\"", "\"\xED\xA0\x80\"", "\"\xED\xBF\xBF\"",
    "\"\xED\xA0\xBD\xED\xB8\x80\"", "\"\xF0\x80\x80\x80\"", "\"\xF0\x8F\xBF\xBF\"",
    "\"\xF4\x90\x80\x80\"", "\"\xF5\x80\x80\x80\"", "\"\xF0\x9F\x98\"", "\"\xF0\x9F\x98",
    "\"\xFE\"", "\"\xFF\"", "{\"\xFF\":1}", "\"\xE9\"",
    // Around the value.
    "\xEF\xBB\xBF{}", "{}\xEF\xBB\xBF", "\xEF\xBB\xBF", "[\xEF\xBB\xBF]", "\xFE\xFF", "\0"sv,
    "{}\0"sv, "\0{}"sv, "1\0"sv, "[1\0]"sv, "[]\x01", "\x0B[]", "\x0C[]", "[\xC2\xA0]",
    "[\xE2\x80\xA8]", "[]\x7F", "[] // comment", "/* comment */[]", "[1,/**/2]", "# comment\n[]",
    "\xC3\xA9", "[\xC3\xA9]"};

INSTANTIATE_TEST_SUITE_P(Rfc8259, RefusedJson, testing::ValuesIn(refused));

TEST(JsonChecker, TakesWhiteSpaceOutsideStringsAway) {
    EXPECT_EQ(compacted(" \t\r\n{ \"a b\" : [ 1 , 2.5e3 ,\"c  d\" ] ,\n\"e\":{ } , \"f\" :[\t]}\n"),
              R"({"a b":[1,2.5e3,"c  d"],"e":{},"f":[]})");
    EXPECT_EQ(compacted(" null "), "null");
    EXPECT_EQ(compacted("[ true,false ]"), "[true,false]");
    EXPECT_EQ(compacted("\n\"\\\" \\\\\" "), R"("\" \\")");
}

TEST(JsonChecker, TakesLongWhiteSpaceAndLongPiecesAlike) {
    const std::string piece(100, 'x');
    std::string spaced;
    std::string expected;
    for (std::size_t count = 0; count < 64; ++count) {
        const std::string_view before = count == 0 ? "[" : ",";
        const std::string text = piece.substr(0, count);
        spaced.append(before).append(count, ' ').append("\"").append(text).append("\"");
        spaced.append(count, '\n');
        expected.append(before).append("\"").append(text).append("\"");
    }
    EXPECT_EQ(compacted(spaced + "]"), expected + "]");
}

TEST(JsonChecker, MakesNoCopyWhereThereIsNoWhiteSpaceInside) {
    JsonChecker checker;
    for (const std::string_view text : {R"({"a":[1,"b c"]})", "  [1,2]", "[1,2]\n", " 17\r\n"}) {
        const auto result = checker.compact(text);
        ASSERT_TRUE(result);
        EXPECT_GE(result->data(), text.data());
        EXPECT_LE(result->data() + result->size(), text.data() + text.size());
    }
}

TEST(JsonChecker, ServesManyTextsOneAfterTheOther) {
    JsonChecker checker;
    EXPECT_EQ(*checker.compact("[ 1, 2 ]"), "[1,2]");
    EXPECT_FALSE(checker.compact("[ 1, 2 }"));
    EXPECT_EQ(*checker.compact("{ \"a\" : 1 }"), "{\"a\":1}");
    EXPECT_EQ(*checker.compact("[1,2]"), "[1,2]");
    const std::string large = "[ " + repeated("1, ", 1'000'000) + "2]";
    EXPECT_EQ(checker.compact(large)->size(), 2'000'003U);
    EXPECT_EQ(*checker.compact("[ 3 ]"), "[3]");
}

struct Nesting {
    std::string_view open;
    std::string_view innermost;
    std::string_view close;
    std::size_t levels;
};

class NestedJson : public testing::TestWithParam<Nesting> {};

TEST_P(NestedJson, Passes1024LevelsAndNot1025) {
    const Nesting& nesting = GetParam();
    ASSERT_EQ(1024 % nesting.levels, 0U);
    const auto nested = [&](std::size_t levels) {
        const std::size_t times = levels / nesting.levels;
        return repeated(nesting.open, times) + std::string(nesting.innermost) +
               repeated(nesting.close, times);
    };
    const std::string deepest = nested(1024);
    // Compared outside the assertion, which would print it all.
    EXPECT_TRUE(compacted(deepest) == deepest);
    for (const std::string& too_deep : {"[" + deepest + "]", "{\"a\":" + deepest + "}",
                                        "[1,{}," + deepest + "]", nested(2048), nested(102'400)}) {
        EXPECT_THAT(compacted(too_deep).substr(0, 100),
                    HasSubstr("nested deeper than 1024 levels at byte "));
    }
    // What was closed before does not count.
    const std::string below = nested(1024 - nesting.levels);
    const std::string beside = "[" + below + ",[]," + below + "]";
    EXPECT_TRUE(compacted(beside) == beside);
}

INSTANTIATE_TEST_SUITE_P(Levels, NestedJson,
                         testing::Values(Nesting{"[", "", "]", 1}, Nesting{"[", "1", "]", 1},
                                         Nesting{"{\"a\":", "null", "}", 1},
                                         Nesting{"[{\"a\":", "\"b\"", "}]", 2},
                                         Nesting{"{\"a\":[", "", "]}", 2},
                                         Nesting{"[1,[2,[],{\"a\":{\"b\":1,\"c\":", "3", "}}]]", 4},
                                         Nesting{"[", "1e400", "]", 1},
                                         Nesting{"[", "\"\\ud800\"", "]", 1}));

struct Worded {
    std::string_view text;
    std::string_view message;
};

class JsonProblems : public testing::TestWithParam<Worded> {};

TEST_P(JsonProblems, SaysWhatIsWrongAndWhere) {
    EXPECT_EQ(compacted(GetParam().text), "refused: " + std::string(GetParam().message));
}

constexpr Worded worded[] = {
    {"", "the text is empty; for no data pass none, for null write null"},
    {" \n", "the text holds only white space; for no data pass none, for null write null"},
    {"[1 2]", "a comma or ] is missing at byte 4, where 2 stands"},
    {"[1", "a comma or ] is missing at byte 3, where the text ends"},
    {"{\"a\":1 \"b\"}", "a comma or } is missing at byte 8, where \" stands"},
    {"[1,]", "a value is missing at byte 4, where ] stands"},
    {"[1,", "a value is missing at byte 4, where the text ends"},
    {"[\x01]", "a value is missing at byte 2, where U+0001 stands"},
    {"\xC3\xA9", "a value is missing at byte 1, where the byte C3 stands"},
    {"{'a':1}", "a single quote stands at byte 2; JSON's names take \""},
    {"{\"a\":1,}", "a name in quotes is missing after the comma at byte 8, where } stands"},
    {"{\"a\" 1}", "a colon is missing at byte 6, where 1 stands"},
    {"{\"a\":'b'}", "a single quote stands at byte 6; JSON's strings take \""},
    {"[1, // one", "a value is missing at byte 5, where / stands; JSON has no comments"},
    {"[tru]", "true, false or null is misspelt at byte 2"},
    {"[\"ab]", "the string that starts at byte 2 has no closing quote"},
    {"\"a\nb\"", "a string holds U+000A at byte 3; write it as an escape"},
    {"\"C:\\dir\"",
     "the backslash at byte 4 starts none of JSON's escapes (\\\" \\\\ \\/ \\b \\f \\n \\r \\t "
     "\\u0000); for a backslash itself write two"},
    {"\"\\u12\"", "\\u at byte 2 needs four hexadecimal digits"},
    {"\"caf\xE9\"", "the text is not UTF-8 at byte 5 (E9 22)"},
    {"[007]", "a number has a leading zero at byte 2"},
    {"[-]", "a digit of a number is missing at byte 3, where ] stands"},
    {"1.", "a digit of a number is missing at byte 3, where the text ends"},
    {"{} {}",
     "the text goes on after the JSON value at byte 4, where { stands; an event takes one "
     "value"},
    {"\xEF\xBB\xBF{}", "a byte order mark (EF BB BF) stands at byte 1; leave it out"},
};

INSTANTIATE_TEST_SUITE_P(Words, JsonProblems, testing::ValuesIn(worded));

}  // namespace
}  // namespace lk::event
