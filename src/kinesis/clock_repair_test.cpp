#include "kinesis/clock_repair.hpp"

#include <gtest/gtest.h>

namespace lk::kinesis {
namespace {

using namespace std::chrono_literals;

TEST(SignatureClock, IsTheSystemsUntilItIsTold) {
    const auto before = std::chrono::system_clock::now();
    const auto now = SignatureClock().now();
    EXPECT_GE(now, before);
    EXPECT_LE(now, std::chrono::system_clock::now());
}

TEST(SignatureClock, FollowsADateHeaderAndGoesOn) {
    SignatureClock clock;
    ASSERT_TRUE(clock.follow("Sun, 06 Nov 1994 08:49:37 GMT"));
    const auto theirs = std::chrono::system_clock::from_time_t(784111777);
    EXPECT_GE(clock.now(), theirs);
    EXPECT_LT(clock.now(), theirs + 10min);
}

TEST(SignatureClock, KeepsItsTimeWhenTheHeaderIsNoDate) {
    SignatureClock clock;
    ASSERT_TRUE(clock.follow("Sun, 06 Nov 1994 08:49:37 GMT"));
    EXPECT_FALSE(clock.follow(""));
    EXPECT_FALSE(clock.follow("yesterday"));
    EXPECT_LT(clock.now(), std::chrono::system_clock::from_time_t(784111777) + 10min);
}

TEST(ClockFaults, AreToldFromAWrongSecret) {
    EXPECT_TRUE(blames_the_clock("InvalidSignatureException",
                                 "Signature expired: 20260801T000000Z is now earlier than ..."));
    EXPECT_TRUE(blames_the_clock("InvalidSignatureException",
                                 "Signature not yet current: 20260801T000000Z is still later ..."));
    EXPECT_TRUE(blames_the_clock("SignatureDoesNotMatch", "Signature expired: ..."));
    EXPECT_TRUE(blames_the_clock("RequestTimeTooSkewed", ""));
    EXPECT_TRUE(blames_the_clock("RequestExpired", ""));

    EXPECT_FALSE(blames_the_clock("InvalidSignatureException",
                                  "The request signature we calculated does not match"));
    EXPECT_FALSE(blames_the_clock("ExpiredTokenException", "The security token is expired"));
    EXPECT_FALSE(blames_the_clock("", "expired"));
}

}  // namespace
}  // namespace lk::kinesis
