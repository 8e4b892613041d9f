#include <gtest/gtest.h>

#include "credentials/json_fields.hpp"
#include "credentials/source.hpp"
#include "credentials/timestamp.hpp"

namespace lk::credentials {
namespace {

TEST(Timestamp, IsReadInEveryFormThatAwsWrites) {
    const std::pair<const char*, const char*> good[] = {
        {"2026-11-24T04:00:00Z", "2026-11-24T04:00:00Z"},
        {"2026-11-24T04:00:00.123Z", "2026-11-24T04:00:00Z"},
        {"2026-11-24T04:00:00UTC", "2026-11-24T04:00:00Z"},
        {"2026-11-24T04:00:00+01:00", "2026-11-24T03:00:00Z"},
        {"2024-02-29T23:59:59-00:30", "2024-03-01T00:29:59Z"}};
    for (const auto& [text, same] : good) {
        const auto time = parse_timestamp(text);
        ASSERT_TRUE(time) << text;
        EXPECT_EQ(timestamp(*time), same) << text;
    }
    for (const char* bad : {"", "2026-11-24", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z",
                            "2026-11-24T24:00:00Z", "2026-11-24T04:00:00", "x2026-11-24T04:00:00Z",
                            "2026-11-24T04:00:00Zx", "1969-12-31T23:59:59Z"}) {
        EXPECT_FALSE(parse_timestamp(bad)) << bad;
    }
}

TEST(Timestamp, IsReadFromMilliseconds) {
    EXPECT_EQ(timestamp(time_of_milliseconds(1'790'003'600'999).value()), "2026-09-21T15:13:20Z");
    EXPECT_FALSE(time_of_milliseconds(-1));
}

TEST(JsonFields, GiveNothingForWhatIsNoObject) {
    for (const char* text : {"", "[]", "{", "null", "{}x", "\"a\""}) {
        EXPECT_FALSE(JsonFields::read(text)) << text;
    }
    EXPECT_FALSE(JsonFields::read(std::string(100, '{')));
    std::string deep = "{\"a\":";
    for (int i = 0; i < 1000; ++i) deep += "[";
    EXPECT_FALSE(JsonFields::read(deep));
}

TEST(JsonFields, GiveWhatIsOfTheWantedKind) {
    const auto fields = JsonFields::read(R"({"t":"x\u00e9","n":12,"o":{"t":"y"},"b":true})");
    ASSERT_TRUE(fields);
    EXPECT_EQ(fields->text("t"), "x\u00e9");
    EXPECT_EQ(fields->text("n"), "");
    EXPECT_EQ(fields->text("missing"), "");
    EXPECT_EQ(fields->number("n"), 12);
    EXPECT_FALSE(fields->number("t"));
    EXPECT_EQ(fields->object("o").value().text("t"), "y");
    EXPECT_FALSE(fields->object("t"));
}

TEST(AccountId, IsTwelveDigitsOrNothing) {
    EXPECT_EQ(account_id_in("111122223333"), "111122223333");
    for (const char* other : {"", "1", "11112222333", "1111222233334", "11112222333x"}) {
        EXPECT_EQ(account_id_in(other), "") << other;
    }
}

TEST(Masked, ShowsTheLastFourOfALongKeyAlone) {
    EXPECT_EQ(masked("AKIAIOSFODNN7EXAMPLE"), "****MPLE");
    EXPECT_EQ(masked("short"), "****");
}

TEST(Quotable, IsOneShortLineWithoutControlCharacters) {
    EXPECT_EQ(quotable("a\x1b[31mb\nsecret"), "a?[31mb");
    EXPECT_EQ(quotable(std::string(1000, 'x')).size(), 200U);
}

}  // namespace
}  // namespace lk::credentials
