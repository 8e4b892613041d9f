#include "event/identity.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <ctime>
#include <random>
#include <set>
#include <string>

namespace lk::event {
namespace {

std::string timestamp(TimestampWriter& writer, std::int64_t epoch_ms) {
    // One byte more than is written, to see that it is left alone.
    std::string text(timestamp_bytes + 1, '#');
    writer.write(text.data(), epoch_ms);
    EXPECT_EQ(text.back(), '#');
    text.pop_back();
    return text;
}

std::string timestamp(std::int64_t epoch_ms) {
    TimestampWriter writer;
    return timestamp(writer, epoch_ms);
}

std::string as_the_c_library_says(std::int64_t epoch_ms) {
    const std::int64_t ms = ((epoch_ms % 1000) + 1000) % 1000;
    const std::time_t second = (epoch_ms - ms) / 1000;
    std::tm utc{};
    gmtime_r(&second, &utc);
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                  utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min,
                  utc.tm_sec, static_cast<int>(ms));
    return text.data();
}

TEST(Uuid, IsAVersion4InLowerCase) {
    RandomBytes random;
    std::set<std::string> seen;
    std::set<char> variants;
    for (int round = 0; round < 10'000; ++round) {
        std::string text(uuid_bytes + 1, '#');
        write_uuid(text.data(), random);
        ASSERT_EQ(text.back(), '#');
        text.pop_back();
        for (std::size_t index = 0; index < text.size(); ++index) {
            const bool dash = index == 8 || index == 13 || index == 18 || index == 23;
            ASSERT_EQ(text[index] == '-', dash) << text;
            ASSERT_TRUE(dash || std::string_view("0123456789abcdef").find(text[index]) !=
                                    std::string_view::npos)
                << text;
        }
        ASSERT_EQ(text[14], '4') << text;
        variants.insert(text[19]);
        ASSERT_TRUE(seen.insert(text).second) << text;
    }
    EXPECT_EQ(variants, (std::set<char>{'8', '9', 'a', 'b'}));
}

TEST(Uuid, EveryOtherBitIsRandom) {
    RandomBytes random;
    std::array<std::set<char>, uuid_bytes> digits;
    for (int round = 0; round < 2'000; ++round) {
        std::array<char, uuid_bytes> text{};
        write_uuid(text.data(), random);
        for (std::size_t index = 0; index < uuid_bytes; ++index) digits[index].insert(text[index]);
    }
    for (std::size_t index = 0; index < uuid_bytes; ++index) {
        const bool dash = index == 8 || index == 13 || index == 18 || index == 23;
        const std::size_t expected = dash || index == 14 ? 1 : index == 19 ? 4 : 16;
        EXPECT_EQ(digits[index].size(), expected) << index;
    }
}

TEST(Timestamp, SaysKnownMoments) {
    EXPECT_EQ(timestamp(0), "1970-01-01T00:00:00.000Z");
    EXPECT_EQ(timestamp(1'451'606'400'000), "2016-01-01T00:00:00.000Z");
    EXPECT_EQ(timestamp(951'782'400'000), "2000-02-29T00:00:00.000Z");
    EXPECT_EQ(timestamp(1'709'251'199'999), "2024-02-29T23:59:59.999Z");
    EXPECT_EQ(timestamp(4'107'542'400'000), "2100-03-01T00:00:00.000Z");
    EXPECT_EQ(timestamp(-1), "1969-12-31T23:59:59.999Z");
    EXPECT_EQ(timestamp(-1'000), "1969-12-31T23:59:59.000Z");
    EXPECT_EQ(timestamp(-1'001), "1969-12-31T23:59:58.999Z");
    EXPECT_EQ(timestamp(min_timestamp_ms), "0000-01-01T00:00:00.000Z");
    EXPECT_EQ(timestamp(max_timestamp_ms), "9999-12-31T23:59:59.999Z");
}

TEST(Timestamp, AgreesWithTheCLibraryOnEveryDayOf800Years) {
    TimestampWriter writer;
    constexpr std::int64_t day = 86'400'000;
    for (std::int64_t at = -400 * 366 * day; at < 400 * 366 * day; at += day) {
        ASSERT_EQ(timestamp(writer, at), as_the_c_library_says(at)) << at;
        ASSERT_EQ(timestamp(writer, at - 1), as_the_c_library_says(at - 1)) << at;
    }
}

TEST(Timestamp, AgreesWithTheCLibraryOnRandomMomentsOfTheWholeRange) {
    std::mt19937_64 random(4);
    std::uniform_int_distribution<std::int64_t> moment(min_timestamp_ms, max_timestamp_ms);
    TimestampWriter writer;
    for (int round = 0; round < 100'000; ++round) {
        const std::int64_t at = moment(random);
        ASSERT_EQ(timestamp(writer, at), as_the_c_library_says(at)) << at;
    }
}

TEST(Timestamp, FollowsTheClockWithinASecondAndOverItsEnd) {
    TimestampWriter writer;
    for (std::int64_t at = 1'719'791'998'990; at < 1'719'792'001'010; ++at) {
        ASSERT_EQ(timestamp(writer, at), as_the_c_library_says(at));
    }
    // The system's clock may be set back.
    EXPECT_EQ(timestamp(writer, 0), "1970-01-01T00:00:00.000Z");
    EXPECT_EQ(timestamp(writer, 7), "1970-01-01T00:00:00.007Z");
    EXPECT_EQ(timestamp(writer, 6), "1970-01-01T00:00:00.006Z");
}

}  // namespace
}  // namespace lk::event
