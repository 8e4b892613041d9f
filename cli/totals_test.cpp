#include "cli/totals.hpp"

#include <gtest/gtest.h>

namespace lk::cli {
namespace {

using namespace std::chrono_literals;

TEST(Grouped, PutsACommaBeforeEveryThreeDigits) {
    EXPECT_EQ(grouped(0), "0");
    EXPECT_EQ(grouped(999), "999");
    EXPECT_EQ(grouped(1000), "1,000");
    EXPECT_EQ(grouped(20'000), "20,000");
    EXPECT_EQ(grouped(1'234'567), "1,234,567");
    EXPECT_EQ(grouped(UINT64_MAX), "18,446,744,073,709,551,615");
}

TEST(Readable, ShowsAsManyDigitsAsHelp) {
    EXPECT_EQ(readable(3ms), "0.003 s");
    EXPECT_EQ(readable(1249ms), "1.2 s");
    EXPECT_EQ(readable(59'900ms), "59.9 s");
    EXPECT_EQ(readable(75'400ms), "75 s");
    EXPECT_EQ(readable(599s), "599 s");
    EXPECT_EQ(readable(600s), "10 min");
    EXPECT_EQ(readable(59min + 29s), "59 min");
    EXPECT_EQ(readable(65min), "1 h 05 min");
    EXPECT_EQ(readable(25h), "25 h 00 min");
}

TEST(Summary, NamesWhatBecameOfTheEventsAndHowFast) {
    EXPECT_EQ(summary({20'000, 0, 0, 0}, 1200ms),
              "published 20,000 · failed 0 · unknown 0 · 1.2 s · 16,667 events/s");
}

TEST(Summary, NamesRefusedLinesOnlyWhereThereAreAny) {
    EXPECT_EQ(summary({10, 2, 1, 3}, 10s),
              "published 10 · failed 2 · unknown 1 · refused 3 · 10.0 s · 1 events/s");
}

TEST(Summary, IsFiniteWhenNoTimePassed) {
    EXPECT_EQ(summary({1, 0, 0, 0}, 0s),
              "published 1 · failed 0 · unknown 0 · 0.000 s · 0 events/s");
}

}  // namespace
}  // namespace lk::cli
