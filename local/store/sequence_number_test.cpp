#include "local/store/sequence_number.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace lk::local {
namespace {

TEST(SequenceNumber, HasFiftySixDigitsAsKinesisHas) {
    EXPECT_EQ(to_text({.stream_created_ms = 1'800'000'000'123, .shard = 7, .position = 42}),
              "49001800000000123000000000007000000000000000000000000042");
}

TEST(SequenceNumber, ReadsWhatItWrote) {
    for (const SequenceNumber& number :
         {SequenceNumber{}, SequenceNumber{1'800'000'000'123, 9'999, 1},
          SequenceNumber{999'999'999'999'999, std::numeric_limits<int>::max(),
                         std::numeric_limits<std::int64_t>::max()}}) {
        EXPECT_EQ(to_text(number).size(), sequence_number_digits);
        EXPECT_EQ(parse_sequence_number(to_text(number)), number);
    }
}

TEST(SequenceNumber, ComparesAsTextAsItDoesAsNumber) {
    SequenceNumber number{1'800'000'000'123, 3, 9};
    std::string before = to_text(number);
    for (const std::int64_t position : {10L, 99L, 100L, 12'345'678'901L}) {
        number.position = position;
        const std::string after = to_text(number);
        EXPECT_LT(before, after);
        before = after;
    }
}

TEST(SequenceNumber, RefusesWhatItDidNotWrite) {
    const std::string good = to_text({1'800'000'000'123, 3, 9});
    EXPECT_TRUE(parse_sequence_number(good));
    EXPECT_FALSE(parse_sequence_number(""));
    EXPECT_FALSE(parse_sequence_number(good + "0"));
    EXPECT_FALSE(parse_sequence_number(good.substr(1)));
    // Kinesis's own begin with the same digits and have as many.
    EXPECT_FALSE(parse_sequence_number("49590338271490256608559692538361571095921575989136588898"));
    for (std::size_t at = 0; at < good.size(); ++at) {
        std::string bad = good;
        bad[at] = '-';
        EXPECT_FALSE(parse_sequence_number(bad)) << bad;
    }
    // A position over 2^63 and a shard over 2^31.
    EXPECT_FALSE(parse_sequence_number(good.substr(0, 37) + "9999999999999999999"));
    EXPECT_FALSE(parse_sequence_number(good.substr(0, 17) + "999999999999" + good.substr(29)));
}

}  // namespace
}  // namespace lk::local
