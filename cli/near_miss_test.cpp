#include "cli/near_miss.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace lk::cli {
namespace {

const std::vector<std::string> options = {"--stream",        "--producer-id",
                                          "--partition-key", "--partition-key-field",
                                          "--type",          "--type-field"};

TEST(NearMiss, FindsWhatAMistypedWordMeant) {
    EXPECT_EQ(near_miss("--strem", options), "--stream");
    EXPECT_EQ(near_miss("--tpye", options), "--type");
    EXPECT_EQ(near_miss("--producerid", options), "--producer-id");
    EXPECT_EQ(near_miss("--partitionkey", options), "--partition-key");
    EXPECT_EQ(near_miss("--partition_key_field", options), "--partition-key-field");
}

TEST(NearMiss, FindsWhatAWordIsTheBeginningOf) {
    EXPECT_EQ(near_miss("--prod", options), "--producer-id");
}

TEST(NearMiss, FindsNothingForAWordOfItsOwn) {
    EXPECT_EQ(near_miss("--verbose", options), "");
    EXPECT_EQ(near_miss("x", options), "");
    EXPECT_EQ(near_miss("", options), "");
    EXPECT_EQ(near_miss(std::string(10'000, 's'), options), "");
}

TEST(NearMiss, FindsNothingForAWordThatIsRight) {
    EXPECT_EQ(near_miss("--type", options), "");
}

}  // namespace
}  // namespace lk::cli
