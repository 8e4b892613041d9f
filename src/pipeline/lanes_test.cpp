#include "pipeline/lanes.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <random>

namespace lk::pipeline {
namespace {

TEST(Lanes, BehaveLikeAQueueAKey) {
    std::mt19937_64 random(20261123);
    Lanes lanes;
    std::map<std::uint64_t, std::deque<Pending*>> model;
    std::deque<Pending> records;
    for (int step = 0; step < 200'000; ++step) {
        // Many lanes first, so that the table grows, then few, so that it shrinks.
        const std::uint64_t keys = step < 100'000 ? 5000 : 10;
        const std::uint64_t lane = 1 + random() % keys;
        auto& queue = model[lane];
        switch (random() % (step < 50'000 ? 2 : 3)) {
            case 0: {
                Pending& record = records.emplace_back();
                record.lane = lane;
                EXPECT_EQ(lanes.add(&record), queue.empty());
                queue.push_back(&record);
                break;
            }
            case 1: {
                if (queue.empty()) break;
                EXPECT_TRUE(lanes.is_first(queue.front()));
                Pending* const expected = queue.size() > 1 ? queue[1] : nullptr;
                EXPECT_EQ(lanes.remove_first(queue.front()), expected);
                queue.pop_front();
                break;
            }
            default: {
                if (queue.empty()) break;
                const std::size_t at = random() % queue.size();
                Pending* const expected = at == 0 && queue.size() > 1 ? queue[1] : nullptr;
                EXPECT_EQ(lanes.remove(queue[at]), expected);
                queue.erase(queue.begin() + static_cast<std::ptrdiff_t>(at));
            }
        }
        if (queue.empty()) model.erase(lane);
        ASSERT_EQ(lanes.size(), model.size());
    }
}

}  // namespace
}  // namespace lk::pipeline
