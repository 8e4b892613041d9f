#include "cli/reading_order.hpp"

#include <gmock/gmock.h>

namespace lk::cli {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Shard shard(std::string id, std::string parent = {}, std::string adjacent_parent = {}) {
    Shard made;
    made.shard_id = std::move(id);
    made.parent_shard_id = std::move(parent);
    made.adjacent_parent_shard_id = std::move(adjacent_parent);
    return made;
}

TEST(ReadingOrder, ShardsWithoutParentsAreReadAtOnceByTheirIds) {
    ReadingOrder order;
    order.add({shard("shard-2"), shard("shard-1")});
    EXPECT_THAT(order.next(), ElementsAre("shard-1", "shard-2"));
    EXPECT_THAT(order.next(), IsEmpty());
}

TEST(ReadingOrder, ASplitShardIsReadBeforeItsChildren) {
    ReadingOrder order;
    order.add({shard("child-1", "parent"), shard("child-2", "parent"), shard("parent")});
    EXPECT_THAT(order.next(), ElementsAre("parent"));
    EXPECT_THAT(order.next(), IsEmpty());
    order.finished("parent");
    EXPECT_THAT(order.next(), ElementsAre("child-1", "child-2"));
}

TEST(ReadingOrder, MergedShardsAreBothReadBeforeTheirChild) {
    ReadingOrder order;
    order.add({shard("a"), shard("b"), shard("c", "a", "b")});
    EXPECT_THAT(order.next(), ElementsAre("a", "b"));
    order.finished("b");
    EXPECT_THAT(order.next(), IsEmpty());
    order.finished("a");
    EXPECT_THAT(order.next(), ElementsAre("c"));
}

TEST(ReadingOrder, AParentThatIsNotListedIsNotWaitedFor) {
    ReadingOrder order;
    order.add({shard("child", "gone")});
    EXPECT_THAT(order.next(), ElementsAre("child"));
}

TEST(ReadingOrder, ShardsListedAgainAreNotReadAgain) {
    ReadingOrder order;
    order.add({shard("a"), shard("b")});
    EXPECT_THAT(order.next(), ElementsAre("a", "b"));
    order.finished("a");
    order.add({shard("a"), shard("b"), shard("c", "a")});
    EXPECT_THAT(order.next(), ElementsAre("c"));
}

}  // namespace
}  // namespace lk::cli
