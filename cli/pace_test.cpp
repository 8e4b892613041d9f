#include "cli/pace.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace lk::cli {
namespace {

using namespace std::chrono_literals;

/// A stream that takes events in batches, and a file of which more can be read than that.
class PaceTest : public testing::Test {
  protected:
    struct Stream {
        double taken_a_second;
        std::uint64_t batch = 500;
        std::uint64_t backlog = 0;  ///< What an earlier run has left.
    };
    struct Reading {
        double waited = 0;  ///< Of the time.
        double lines_a_second = 0;
        std::uint64_t most_open = 0;
    };

    /// As Sender does, who reads 500,000 lines a second while it does not wait.
    static Reading read_into(const Stream& stream, std::chrono::seconds time) {
        Pace pace;
        Reading reading;
        Pace::Clock::time_point now{};
        const auto end = now + time;
        auto swept = now;
        std::uint64_t read = stream.backlog;
        std::uint64_t published = 0;  // as last looked for
        Pace::Clock::duration waited{};
        while (now < end) {
            const std::chrono::duration<double> passed = now.time_since_epoch();
            const auto batches =
                static_cast<std::uint64_t>(passed.count() * stream.taken_a_second) / stream.batch;
            const std::uint64_t taken = std::min(batches * stream.batch, read);
            reading.most_open = std::max(reading.most_open, read - taken);
            bool waits = false;
            if (read - taken > Pace::most_ahead && !pace.reads_on(now)) {
                if (now - swept >= 20ms) {
                    published = taken;
                    swept = now;
                }
                waits = pace.should_wait(read - published, published, now);
            }
            if (waits) waited += 1ms;
            if (!waits) read += 64;
            now += waits ? 1ms : 128us;
        }
        const std::chrono::duration<double> all = time;
        reading.waited = std::chrono::duration<double>(waited) / all;
        reading.lines_a_second = static_cast<double>(read - stream.backlog) / all.count();
        return reading;
    }
};

TEST_F(PaceTest, ReadsOnWhileFewAreOnTheirWay) {
    // As fast as lines are read.
    EXPECT_EQ(read_into({.taken_a_second = 500'000}, 10s).waited, 0);
}

TEST_F(PaceTest, WaitsForAStreamThatTakesThemWithinASecond) {
    for (const double rate : {20'000., 30'000., 100'000., 300'000.}) {
        const Reading reading = read_into({.taken_a_second = rate}, 20s);
        EXPECT_NEAR(reading.lines_a_second, rate, 0.1 * rate);
        EXPECT_LE(reading.most_open, Pace::most_ahead + 64) << rate;
    }
}

TEST_F(PaceTest, ReadsOnWhereTheStreamIsSlowOrAway) {
    for (const double rate : {0., 1'000., 4'000., 6'000., 10'000., 14'000.}) {
        for (const std::uint64_t batch : {1U, 500U, 2'000U}) {
            const Reading reading = read_into({rate, batch}, 60s);
            EXPECT_LT(reading.waited, 0.12) << rate << " in batches of " << batch;
            EXPECT_GT(reading.lines_a_second, 420'000) << rate << " in batches of " << batch;
        }
    }
}

// An outage of hours left millions, which take minutes: nobody has to wait for those.
TEST_F(PaceTest, ReadsOnWhileABacklogDrains) {
    EXPECT_LT(read_into({.taken_a_second = 300'000, .backlog = 10'000'000}, 20s).waited, 0.12);
}

// It takes a third of a second; a second later at most the stream is waited for.
TEST_F(PaceTest, WaitsForAShortBacklog) {
    const Reading reading = read_into({.taken_a_second = 300'000, .backlog = 100'000}, 20s);
    EXPECT_NEAR(reading.lines_a_second, 300'000, 30'000);
}

}  // namespace
}  // namespace lk::cli
