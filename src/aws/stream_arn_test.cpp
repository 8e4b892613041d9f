#include "aws/stream_arn.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace lk::aws {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(StreamArn, IsTakenApart) {
    const auto arn = parse_stream_arn("arn:aws-cn:kinesis:cn-north-1:111122223333:stream/a.b_c-D");
    ASSERT_TRUE(arn.has_value());
    EXPECT_EQ(arn->partition, "aws-cn");
    EXPECT_EQ(arn->region, "cn-north-1");
    EXPECT_EQ(arn->account, "111122223333");
    EXPECT_EQ(arn->name, "a.b_c-D");
}

TEST(StreamArn, IsRefusedWithTheReason) {
    const std::pair<std::string, const char*> cases[] = {
        {"", "does not begin with arn:aws"},
        {"arn", "does not begin with arn:aws"},
        {"arn::kinesis:r:1:stream/s", "does not begin with arn:aws"},
        {"nra:aws:kinesis:r:1:stream/s", "does not begin with arn:aws"},
        {"arn:aws", "service is not kinesis"},
        {"arn:aws:firehose:r:1:stream/s", "service is not kinesis"},
        {"arn:aws:kinesis::1:stream/s", "region is none"},
        {"arn:aws:kinesis:a.b:1:stream/s", "region is none"},
        {"arn:aws:kinesis:r::stream/s", "account is none"},
        {"arn:aws:kinesis:r:evil.example/:stream/s", "account is none"},
        {"arn:aws:kinesis:r:1:", "does not name a stream"},
        {"arn:aws:kinesis:r:1:streams/s", "does not name a stream"},
        {"arn:aws:kinesis:r:1:stream:s", "does not name a stream"},
        {"arn:aws:kinesis:r:1:stream/", "name is not 1 to 128"},
        {"arn:aws:kinesis:r:1:stream/s/consumer/c:1", "name is not 1 to 128"},
        {"arn:aws:kinesis:r:1:stream/" + std::string(129, 's'), "name is not 1 to 128"},
    };
    for (const auto& [arn, why] : cases) {
        const auto parsed = parse_stream_arn(arn);
        ASSERT_FALSE(parsed.has_value()) << arn;
        EXPECT_EQ(parsed.error().code, ErrorCode::bad_option);
        EXPECT_THAT(parsed.error().message,
                    AllOf(HasSubstr("stream \"" + arn + "\""), HasSubstr(why)));
    }
    EXPECT_TRUE(
        parse_stream_arn("arn:aws:kinesis:r:1:stream/" + std::string(128, 's')).has_value());
}

}  // namespace
}  // namespace lk::aws
