#include "pipeline/key_set.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace lk::pipeline {
namespace {

constexpr std::size_t plenty = std::size_t{64} * 1024 * 1024;

TEST(KeySet, HoldsAKeyAsOftenAsItWasAdded) {
    KeySet keys(plenty);
    const std::uint64_t key = 0xABCDEF0123456789;
    EXPECT_FALSE(keys.may_hold(key));
    keys.add(key);
    keys.add(key);
    keys.remove(key);
    EXPECT_TRUE(keys.may_hold(key));
    EXPECT_FALSE(keys.empty());
    keys.remove(key);
    EXPECT_FALSE(keys.may_hold(key));
    EXPECT_TRUE(keys.empty());
}

TEST(KeySet, AgreesWithAMapWhateverComesAndGoes) {
    KeySet keys(plenty);
    std::map<std::uint64_t, int> expected;
    std::vector<std::uint64_t> added;
    std::mt19937_64 random(7);
    for (int step = 0; step < 200'000; ++step) {
        // Few homes, so that entries push each other on.
        if (added.empty() || random() % 100 < 52) {
            const std::uint64_t key = (random() % 5000) << 50;
            keys.add(key);
            ++expected[key];
            added.push_back(key);
        } else {
            std::swap(added[random() % added.size()], added.back());
            keys.remove(added.back());
            if (--expected[added.back()] == 0) expected.erase(added.back());
            added.pop_back();
        }
        const std::uint64_t asked = (random() % 5000) << 50;
        ASSERT_EQ(keys.may_hold(asked), expected.contains(asked)) << "step " << step;
    }
}

TEST(KeySet, TakesSixteenBytesAKeyAtMost) {
    KeySet keys(plenty);
    std::mt19937_64 random(1);
    for (std::size_t count = 1; count <= 1'000'000; ++count) {
        keys.add(random());
        if (count >= 100) {
            ASSERT_LE(keys.memory_bytes(), count * 16) << count << " keys";
        }
    }
}

TEST(KeySet, HoldsEveryKeyWhenItMayNotGrowUntilItIsEmpty) {
    KeySet keys(4096);
    std::mt19937_64 random(1);
    std::vector<std::uint64_t> added;
    for (int i = 0; i < 10'000; ++i) keys.add(added.emplace_back(random()));
    EXPECT_LE(keys.memory_bytes(), 4096U);
    EXPECT_TRUE(keys.may_hold(random())) << "it cannot tell any more, and errs on the safe side";
    for (const std::uint64_t key : added) keys.remove(key);
    EXPECT_TRUE(keys.empty());
    EXPECT_FALSE(keys.may_hold(added.front()));
}

TEST(KeySet, CountsPastItsCounterOnTheSafeSide) {
    KeySet keys(plenty);
    for (int i = 0; i < 70'000; ++i) keys.add(1 << 20);
    keys.add(1 << 21);
    for (int i = 0; i < 70'000; ++i) {
        ASSERT_TRUE(keys.may_hold(1 << 20));
        keys.remove(1 << 20);
    }
    keys.remove(1 << 21);
    EXPECT_FALSE(keys.may_hold(1 << 20)) << "all are gone";
}

}  // namespace
}  // namespace lk::pipeline
