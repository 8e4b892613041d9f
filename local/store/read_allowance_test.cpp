#include "local/store/read_allowance.hpp"

#include <gtest/gtest.h>

namespace lk::local {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint start{1h};

TEST(ReadAllowance, LetsFiveRequestsASecondPass) {
    ReadAllowance allowance;
    for (int request = 0; request < 5; ++request) EXPECT_TRUE(allowance.begin(start));
    EXPECT_FALSE(allowance.begin(start));
    EXPECT_FALSE(allowance.begin(start + 199ms));
    EXPECT_TRUE(allowance.begin(start + 201ms));
    EXPECT_FALSE(allowance.begin(start + 202ms));
}

TEST(ReadAllowance, MakesTheNextReadersPayForALargeRead) {
    ReadAllowance allowance;
    ASSERT_TRUE(allowance.begin(start));
    allowance.pay(10 * 1024 * 1024);
    // 2 MiB were there, 8 are owed: four seconds.
    EXPECT_FALSE(allowance.begin(start + 3900ms));
    EXPECT_TRUE(allowance.begin(start + 4100ms));
}

TEST(ReadAllowance, SavesUpNoMoreThanOneSecond) {
    ReadAllowance allowance;
    ASSERT_TRUE(allowance.begin(start));
    allowance.pay(3 * 1024 * 1024);
    EXPECT_FALSE(allowance.begin(start));
    EXPECT_TRUE(allowance.begin(start + 1h));
    allowance.pay(3 * 1024 * 1024);
    EXPECT_FALSE(allowance.begin(start + 1h));
}

}  // namespace
}  // namespace lk::local
