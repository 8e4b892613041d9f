#include "wire/key_table.hpp"

#include <gtest/gtest.h>

#include "wire/test_aggregates.hpp"

namespace lk::wire {
namespace {

TEST(KeyTable, NumbersKeysInTheOrderInWhichTheyCome) {
    KeyTable table;
    EXPECT_EQ(table.find_or_add("x"), 0U);
    EXPECT_EQ(table.find_or_add("y"), 1U);
    EXPECT_EQ(table.find_or_add("x"), 0U);
    EXPECT_EQ(table.find_or_add(""), 2U);
    EXPECT_EQ(table.find_or_add("y"), 1U);
    EXPECT_EQ(table.find_or_add(""), 2U);
    EXPECT_EQ(table.size(), 3U);
    EXPECT_EQ(table.encoded(), test::text(1, "x") + test::text(1, "y") + test::text(1, ""));
}

TEST(KeyTable, FindsWithoutAdding) {
    KeyTable table;
    EXPECT_EQ(table.find("x"), std::nullopt);
    EXPECT_EQ(table.find(""), std::nullopt);
    table.find_or_add("x");
    table.find_or_add("y");
    EXPECT_EQ(table.find("x"), 0U);
    EXPECT_EQ(table.find("y"), 1U);
    EXPECT_EQ(table.find("z"), std::nullopt);
    EXPECT_EQ(table.size(), 2U);
}

TEST(KeyTable, KnowsManyKeysAgain) {
    KeyTable table;
    constexpr std::uint32_t many = 100'000;
    for (std::uint32_t key = 0; key < many; ++key) table.find_or_add(std::to_string(key));
    std::uint32_t entered_again = 0;
    for (std::uint32_t key = 0; key < many; ++key) {
        const auto found = table.find(std::to_string(key));
        if (found) {
            ASSERT_EQ(*found, key);
        } else {
            ++entered_again;
        }
    }
    // A few lie further than it looks.
    EXPECT_LT(entered_again, many / 1'000);
}

TEST(KeyTable, HasForgottenEverythingWhenCleared) {
    KeyTable table;
    for (int round = 0; round < 3; ++round) {
        EXPECT_EQ(table.find("k1"), std::nullopt);
        for (std::uint32_t key = 0; key < 1'000; ++key) {
            ASSERT_EQ(table.find_or_add("k" + std::to_string(key)), key);
        }
        table.clear();
        EXPECT_EQ(table.size(), 0U);
        EXPECT_EQ(table.encoded(), "");
    }
}

}  // namespace
}  // namespace lk::wire
