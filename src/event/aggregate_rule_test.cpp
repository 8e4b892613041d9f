#include "event/aggregate_rule.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace lk::event {
namespace {

struct Keys {
    std::string_view partition_key;
    std::optional<std::string_view> explicit_hash_key = std::nullopt;
};

constexpr HashKey largest{UINT64_MAX, UINT64_MAX};
constexpr HashKeyRange whole{{0, 0}, largest};
constexpr HashKeyRange lower{{0, 0}, {UINT64_MAX >> 1U, UINT64_MAX}};
constexpr HashKeyRange upper{{UINT64_MAX - (UINT64_MAX >> 1U), 0}, largest};

// MD5("a") begins with 0c, MD5("b") with 92 (RFC 1321, section A.5, has the first).
constexpr std::string_view key_in_lower = "a";
constexpr std::string_view key_in_upper = "b";

std::size_t kept(const std::vector<Keys>& records, const HashKeyRange& shard) {
    return records_kept_by_kcl(records, shard);
}

TEST(AggregateRule, KeepsAnAggregateWhoseRecordsAllLieInTheShard) {
    EXPECT_EQ(kept({{key_in_lower}, {key_in_lower}}, lower), 2U);
    EXPECT_EQ(kept({{key_in_upper}}, upper), 1U);
    EXPECT_EQ(kept({{key_in_lower}, {key_in_upper}}, whole), 2U);
    EXPECT_EQ(kept({}, lower), 0U);
}

TEST(AggregateRule, DropsTheWholeAggregateForOneRecordOutsideTheShard) {
    EXPECT_EQ(kept({{key_in_lower}, {key_in_upper}, {key_in_lower}}, lower), 0U);
    EXPECT_EQ(kept({{key_in_lower}, {key_in_lower}, {key_in_upper}}, lower), 0U);
    EXPECT_EQ(kept({{key_in_lower}}, upper), 0U);
}

TEST(AggregateRule, AnExplicitHashKeyCountsInThePartitionKeysPlace) {
    EXPECT_EQ(kept({{key_in_upper, "0"}}, lower), 1U);
    EXPECT_EQ(kept({{key_in_lower, "0"}}, upper), 0U);
    EXPECT_EQ(kept({{key_in_lower, "0"}, {key_in_upper, "0"}, {key_in_upper, "0"}}, lower), 3U);
}

TEST(AggregateRule, BothEndsOfAShardBelongToIt) {
    constexpr std::string_view last_of_lower = "170141183460469231731687303715884105727";
    constexpr std::string_view first_of_upper = "170141183460469231731687303715884105728";
    EXPECT_EQ(kept({{"k", "0"}, {"k", last_of_lower}}, lower), 2U);
    EXPECT_EQ(kept({{"k", first_of_upper}}, lower), 0U);
    EXPECT_EQ(kept({{"k", last_of_lower}}, upper), 0U);
    EXPECT_EQ(
        kept({{"k", first_of_upper}, {"k", "340282366920938463463374607431768211455"}}, upper), 2U);
}

TEST(AggregateRule, ReadsAnExplicitHashKeyAsJavasBigIntegerDoes) {
    for (const std::string_view zero : {"0", "+0", "-0", "000", "-000"}) {
        EXPECT_EQ(hash_place("b", zero, lower), HashPlace::inside) << zero;
    }
    EXPECT_EQ(hash_place("b", std::string(1'000, '0') + "7", lower), HashPlace::inside);
    for (const std::string_view no_hash_key : {"-1", "340282366920938463463374607431768211456",
                                               "99999999999999999999999999999999999999999999999"}) {
        EXPECT_EQ(hash_place("a", no_hash_key, whole), HashPlace::outside) << no_hash_key;
    }
    for (const std::string_view no_number :
         {"", "+", "-", "--1", "+-1", "1-", " 1", "1 ", "1.0", "0x1", "a"}) {
        EXPECT_EQ(hash_place("a", no_number, whole), HashPlace::unreadable) << no_number;
    }
}

TEST(AggregateRule, KeepsWhatStandsBeforeAnUnreadableHashKey) {
    EXPECT_EQ(kept({{"a", "0"}, {"a", "1"}, {"a", "none"}, {"a", "2"}}, lower), 2U);
    // Whichever is met first decides.
    EXPECT_EQ(kept({{"a", "0"}, {"a", "none"}, {key_in_upper}}, lower), 1U);
    EXPECT_EQ(kept({{"a", "0"}, {key_in_upper}, {"a", "none"}}, lower), 0U);
}

}  // namespace
}  // namespace lk::event
