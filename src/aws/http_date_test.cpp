#include "aws/http_date.hpp"

#include <gtest/gtest.h>

namespace lk::aws {
namespace {

TEST(HttpDate, ReadsTheFormOfTheStandard) {
    const auto time = parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT");
    ASSERT_TRUE(time.has_value());
    EXPECT_EQ(std::chrono::system_clock::to_time_t(*time), 784111777);
    EXPECT_TRUE(parse_http_date("Tue, 29 Feb 2028 23:59:60 GMT").has_value());
}

TEST(HttpDate, RefusesEverythingElse) {
    for (const char* text : {"", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
                             "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 31 Feb 1994 08:49:37 GMT",
                             "Sun, 06 nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
                             "Sun, 06 Nov 1994 08:60:37 GMT", "Sun, 06 Nov 1994 08:49:61 GMT",
                             "Sun, -6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 0994 08:49:37 GMT",
                             "Sun, 06 Nov 2262 08:49:37 GMT", "Sun, 06 Nov 9999 08:49:37 GMT",
                             "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT "}) {
        EXPECT_FALSE(parse_http_date(text).has_value()) << text;
    }
}

}  // namespace
}  // namespace lk::aws
