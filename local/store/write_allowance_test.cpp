#include "local/store/write_allowance.hpp"

#include <gtest/gtest.h>

namespace lk::local {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint start{1h};
constexpr std::size_t mebibyte = 1024 * 1024;

int taken(WriteAllowance& allowance, TimePoint now, int records, std::size_t bytes) {
    int count = 0;
    for (int index = 0; index < records; ++index) count += allowance.take(now, bytes) ? 1 : 0;
    return count;
}

TEST(WriteAllowance, TakesAThousandRecordsAtOnceAndNoMore) {
    WriteAllowance allowance;
    EXPECT_EQ(taken(allowance, start, 1500, 1), 1000);
}

TEST(WriteAllowance, RegainsRecordsAsTimePasses) {
    WriteAllowance allowance;
    EXPECT_EQ(taken(allowance, start, 1000, 1), 1000);
    EXPECT_EQ(taken(allowance, start + 250ms, 1000, 1), 250);
    EXPECT_EQ(taken(allowance, start + 250ms, 1000, 1), 0);
    EXPECT_EQ(taken(allowance, start + 10s, 1500, 1), 1000);
}

TEST(WriteAllowance, TakesOneMebibyteAtOnceAndNoMore) {
    WriteAllowance allowance;
    EXPECT_TRUE(allowance.take(start, mebibyte));
    EXPECT_FALSE(allowance.take(start, 1));
    EXPECT_FALSE(allowance.take(start + 499ms, mebibyte / 2));
    EXPECT_TRUE(allowance.take(start + 500ms, mebibyte / 2));
}

TEST(WriteAllowance, CountsARefusedRecordAsNothing) {
    WriteAllowance allowance;
    EXPECT_TRUE(allowance.take(start, mebibyte - 10));
    EXPECT_FALSE(allowance.take(start, 11));
    EXPECT_TRUE(allowance.take(start, 10));
}

TEST(WriteAllowance, LetsALargeRecordPassWhenFullAndPaysItOff) {
    WriteAllowance allowance;
    EXPECT_TRUE(allowance.take(start, 10 * mebibyte));
    EXPECT_FALSE(allowance.take(start + 9s, 1));
    EXPECT_TRUE(allowance.take(start + 10s, mebibyte / 2));
    EXPECT_FALSE(allowance.take(start + 10s, 10 * mebibyte));
}

}  // namespace
}  // namespace lk::local
