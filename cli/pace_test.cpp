#include "cli/pace.hpp"

#include <gtest/gtest.h>

namespace lk::cli {
namespace {

using namespace std::chrono_literals;

/// A stream that takes so many events a second, and a file of which more can be read than that.
class PaceTest : public testing::Test {
  protected:
    /// How much of the time is waited while so many are on their way; or until less are.
    double waiting_at(std::size_t open, double taken_a_second, Pace::Clock::duration time) {
        int waits = 0;
        int looks = 0;
        double taken = static_cast<double>(published_);
        for (const auto end = now_ + time; now_ < end; now_ += 20ms, ++looks) {
            waits += pace_.should_wait(open > Pace::most_ahead, open, published_, now_) ? 1 : 0;
            taken += taken_a_second / 50;
            published_ = static_cast<std::uint64_t>(taken);
        }
        return static_cast<double>(waits) / looks;
    }

    Pace pace_;

  private:
    Pace::Clock::time_point now_{};
    std::uint64_t published_ = 0;
};

TEST_F(PaceTest, ReadsOnWhileFewAreOnTheirWay) {
    EXPECT_EQ(waiting_at(Pace::most_ahead, 0, 10s), 0);
    EXPECT_EQ(waiting_at(Pace::most_ahead, 1'000'000, 10s), 0);
}

TEST_F(PaceTest, WaitsForAStreamThatTakesThemWithinASecond) {
    EXPECT_EQ(waiting_at(Pace::most_ahead + 64, 50'000, 10s), 1);
}

TEST_F(PaceTest, ReadsOnWhereTheStreamIsSlowOrAway) {
    EXPECT_LT(waiting_at(Pace::most_ahead + 64, 0, 60s), 0.12);
    EXPECT_LT(waiting_at(Pace::most_ahead + 64, 10'000, 60s), 0.12);
}

// An outage of hours left millions, which take minutes: nobody has to wait for those.
TEST_F(PaceTest, ReadsOnWhileABacklogDrains) {
    EXPECT_LT(waiting_at(10'000'000, 300'000, 60s), 0.12);
    // Those that are left take a third of a second: a second later at most they are waited for.
    EXPECT_GE(waiting_at(100'000, 300'000, 10s), 0.9);
}

}  // namespace
}  // namespace lk::cli
