#include "pipeline/page_queue.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "pipeline/generations.hpp"

namespace lk::pipeline {
namespace {

ShelvedPage plain(outbox::PageId id, std::uint32_t records = 1, std::uint64_t lane = 0,
                  std::uint32_t generation = 0) {
    return {
        .id = id, .records = records, .only_lane = lane, .generations = {{generation, records}}};
}

bool same(const ShelvedPage& a, const ShelvedPage& b) {
    return a.id == b.id && a.records == b.records && a.only_lane == b.only_lane &&
           a.indices == b.indices && a.generations == b.generations && a.wanted == b.wanted;
}

TEST(PageQueueTest, GivesBackWhatItWasGivenInTheOrderOfIds) {
    std::mt19937_64 random(3);
    PageQueue queue;
    std::map<outbox::PageId, ShelvedPage> expected;
    for (int i = 0; i < 20'000; ++i) {
        const auto take = random() % 3 == 0 && !expected.empty();
        if (take) {
            ASSERT_TRUE(same(queue.pop_front(), expected.begin()->second)) << i;
            expected.erase(expected.begin());
        } else {
            // Mostly at the back, at times anywhere.
            const outbox::PageId back = expected.empty() ? 0 : expected.rbegin()->first;
            const auto id = static_cast<outbox::PageId>(
                random() % 5 == 0 ? 1 + random() % static_cast<std::uint64_t>(back + 1)
                                  : static_cast<std::uint64_t>(back) + 1 + random() % 300);
            if (expected.contains(id)) continue;
            ShelvedPage page =
                plain(id, static_cast<std::uint32_t>(1 + random() % 500), random() % 2 * random(),
                      random() % 50 == 0 ? Generations::earlier_run : 1);
            if (random() % 10 == 0) page.indices = {0, 3};
            expected[id] = page;
            queue.insert(std::move(page));
        }
        std::uint64_t records = 0;
        if (i % 1000 == 0) {
            for (const auto& [id, page] : expected) records += page.records;
            EXPECT_EQ(queue.records(), records);
        }
    }
    for (const auto& [id, page] : expected) ASSERT_TRUE(same(queue.pop_front(), page)) << id;
    EXPECT_TRUE(queue.empty());
    EXPECT_EQ(queue.records(), 0U);
    EXPECT_EQ(queue.memory_bytes(), PageQueue().memory_bytes());
}

TEST(PageQueueTest, KeepsAMillionPagesInLittleMemory) {
    constexpr std::size_t million = 1'000'000;
    PageQueue random_keys;
    PageQueue one_key;
    for (std::size_t i = 0; i < million; ++i) {
        random_keys.insert(plain(static_cast<outbox::PageId>(i + 1)));
        one_key.insert(plain(static_cast<outbox::PageId>(i + 1), 1, 0x123456789ABCDEF0));
    }
    EXPECT_LT(random_keys.memory_bytes(), 3 * million);
    EXPECT_LT(one_key.memory_bytes(), 11 * million);
    EXPECT_EQ(one_key.pop_front().only_lane, 0x123456789ABCDEF0U);
}

}  // namespace
}  // namespace lk::pipeline
