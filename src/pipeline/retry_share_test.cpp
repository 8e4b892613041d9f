#include "pipeline/retry_share.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>

namespace lk::pipeline {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint start = TimePoint{} + std::chrono::hours(1);

TEST(RetryShare, AllowsOneASecondWhateverElseIsSent) {
    RetryShare share;
    int allowed = 0;
    for (TimePoint now = start; now < start + 1min; now += 50ms) {
        if (!share.allows(now)) continue;
        share.sent(true, now);
        ++allowed;
    }
    EXPECT_GE(allowed, 58);
    EXPECT_LE(allowed, 65);
}

TEST(RetryShare, AllowsNearlyAFifthOfAll) {
    RetryShare share;
    constexpr int requests = 6000;
    int retries = 0;
    for (int i = 0; i < requests; ++i) {
        const TimePoint now = start + i * 10ms;
        const bool again = share.allows(now);
        share.sent(again, now);
        retries += again ? 1 : 0;
    }
    EXPECT_LE(retries * 5, requests);
    EXPECT_GE(retries * 7, requests);
}

TEST(RetryShare, WhoAsksWhenToldIsAllowedSoonAndAsksNoMoreThanTenTimesASecond) {
    RetryShare share;
    for (int i = 0; i < 10; ++i) share.sent(true, start);
    int asked = 0;
    TimePoint now = start;
    for (; !share.allows(now); ++asked) {
        const TimePoint next = share.allows_at(now);
        ASSERT_GT(next, now);
        now = next;
    }
    EXPECT_EQ(share.allows_at(now), now);
    EXPECT_LE(now, start + 11s);
    EXPECT_LE(asked, 111);
}

TEST(RetryShare, ForgetsAfterASilenceOfAnyLength) {
    for (const Duration silence : std::initializer_list<Duration>{12s, 13s, 1h, 10000h}) {
        RetryShare share;
        for (int i = 0; i < 10; ++i) share.sent(true, start);
        EXPECT_TRUE(share.allows(start + silence));
    }
}

// The ten seconds that end with a retry, counted one by one.
class LastTenSeconds {
  public:
    void sent(bool has_retries, TimePoint now) {
        requests_.push_back({now, has_retries});
        while (requests_.front().when <= now - 10s) requests_.pop_front();
    }
    [[nodiscard]] std::size_t all() const { return requests_.size(); }
    [[nodiscard]] std::size_t retries() const {
        return static_cast<std::size_t>(std::count_if(
            requests_.begin(), requests_.end(), [](const auto& one) { return one.has_retries; }));
    }

  private:
    struct One {
        TimePoint when;
        bool has_retries;
    };
    std::deque<One> requests_;
};

TEST(RetryShare, NeverAllowsMoreThanTenOrAFifthOfAnyTenSeconds) {
    for (unsigned seed = 0; seed < 50; ++seed) {
        std::mt19937_64 random(seed);
        RetryShare share;
        LastTenSeconds seen;
        TimePoint now = start;
        bool busy = true;
        for (int i = 0; i < 3000; ++i) {
            if (random() % 100 == 0) busy = !busy;
            now += std::chrono::milliseconds(random() % (busy ? 10 : 1000));
            const bool retry = random() % 2 == 0 && share.allows(now);
            share.sent(retry, now);
            seen.sent(retry, now);
            if (!retry || seen.retries() <= 10) continue;
            ASSERT_LT(seen.retries() * 5, seen.all()) << "seed " << seed << " step " << i;
        }
    }
}

}  // namespace
}  // namespace lk::pipeline
