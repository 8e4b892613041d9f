#include "cli/timestamp.hpp"

#include <gtest/gtest.h>

namespace lk::cli {
namespace {

std::int64_t epoch_ms(std::string_view text) {
    const auto moment = parse_timestamp(text);
    if (!moment) return -1;
    return std::chrono::duration_cast<std::chrono::milliseconds>(moment->time_since_epoch())
        .count();
}

TEST(Timestamp, ReadsAMomentInUtc) {
    EXPECT_EQ(epoch_ms("1970-01-01T00:00:00Z"), 0);
    EXPECT_EQ(epoch_ms("2016-01-01T00:00:00.000Z"), 1'451'606'400'000);
    EXPECT_EQ(epoch_ms("2024-02-29T23:59:59.999Z"), 1'709'251'199'999);
    EXPECT_EQ(epoch_ms("1969-12-31T23:59:58.500Z"), -1'500);
}

TEST(Timestamp, AFractionMayHaveAnyNumberOfDigits) {
    EXPECT_EQ(epoch_ms("1970-01-01T00:00:00.1Z"), 100);
    EXPECT_EQ(epoch_ms("1970-01-01T00:00:00.1239Z"), 123);
    EXPECT_EQ(epoch_ms("1970-01-01T00:00:00.000000001Z"), 0);
}

TEST(Timestamp, RefusesWhatIsNoMoment) {
    for (const char* text :
         {"", "now", "2016-01-01", "2016-01-01T00:00:00", "2016-01-01 00:00:00Z",
          "2016-13-01T00:00:00Z", "2023-02-29T00:00:00Z", "2016-01-01T24:00:00Z",
          "2016-01-01T00:60:00Z", "2016-01-01T00:00:60Z", "2016-01-01T00:00:00.Z",
          "2016-01-01T00:00:00ZZ", "2016-01-01T00:00:00+01:00", "16-01-01T00:00:00Z",
          "+016-01-01T00:00:00Z", "1677-12-31T00:00:00Z", "2262-01-01T00:00:00Z"}) {
        EXPECT_FALSE(parse_timestamp(text)) << text;
    }
}

}  // namespace
}  // namespace lk::cli
