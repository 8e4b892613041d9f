#include <gmock/gmock.h>

#include "local/operations/both_encodings.hpp"

namespace lk::local {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using wire::Document;

class Streams : public BothEncodings {
  protected:
    [[nodiscard]] Document describe(std::string_view name) const {
        return kinesis.ask("DescribeStream", {{"StreamName", name}}).at("StreamDescription");
    }
    [[nodiscard]] Document summary(std::string_view name) const {
        return kinesis.ask("DescribeStreamSummary", {{"StreamName", name}})
            .at("StreamDescriptionSummary");
    }
    [[nodiscard]] std::vector<std::string> names(const Document& request) const {
        return kinesis.ask("ListStreams", request).at("StreamNames");
    }
};

TEST_P(Streams, AreActiveAtOnce) {
    const Document nothing =
        kinesis.ask("CreateStream", {{"StreamName", "events"}, {"ShardCount", 2}});
    EXPECT_TRUE(nothing.is_null());
    const Document stream = describe("events");
    EXPECT_EQ(stream.at("StreamStatus"), "ACTIVE");
    EXPECT_EQ(stream.at("StreamName"), "events");
    EXPECT_EQ(stream.at("StreamARN"), "arn:aws:kinesis:us-east-1:000000000000:stream/events");
    EXPECT_EQ(stream.at("StreamModeDetails").at("StreamMode"), "PROVISIONED");
    EXPECT_EQ(stream.at("StreamCreationTimestamp"), 1'800'000'000.123);
    EXPECT_EQ(stream.at("RetentionPeriodHours"), 24);
    EXPECT_EQ(stream.at("EncryptionType"), "NONE");
    EXPECT_EQ(stream.at("EnhancedMonitoring"), Document::parse(R"([{"ShardLevelMetrics": []}])"));
    EXPECT_EQ(stream.at("HasMoreShards"), false);
    EXPECT_EQ(stream.at("Shards").size(), 2U);
    EXPECT_EQ(stream.at("Shards")[1], Document::parse(R"({
        "ShardId": "shardId-000000000001",
        "HashKeyRange": {"StartingHashKey": "170141183460469231731687303715884105728",
                         "EndingHashKey": "340282366920938463463374607431768211455"},
        "SequenceNumberRange": {"StartingSequenceNumber":
            "49001800000000123000000000001000000000000000000000000000"}})"));
}

TEST_P(Streams, OnDemandBeginWithFourShards) {
    kinesis.ask("CreateStream",
                {{"StreamName", "events"}, {"StreamModeDetails", {{"StreamMode", "ON_DEMAND"}}}});
    const Document stream = summary("events");
    EXPECT_EQ(stream.at("OpenShardCount"), 4);
    EXPECT_EQ(stream.at("StreamModeDetails").at("StreamMode"), "ON_DEMAND");
}

TEST_P(Streams, MayTakeLargerRecords) {
    kinesis.create("plain");
    EXPECT_EQ(summary("plain").at("MaxRecordSizeInKiB"), 1024);
    kinesis.ask("CreateStream",
                {{"StreamName", "large"}, {"ShardCount", 1}, {"MaxRecordSizeInKiB", 10'240}});
    EXPECT_EQ(summary("large").at("MaxRecordSizeInKiB"), 10'240);
    EXPECT_THAT(kinesis
                    .refusal("CreateStream", {{"StreamName", "too-large"},
                                              {"ShardCount", 1},
                                              {"MaxRecordSizeInKiB", 10'241}})
                    .message,
                HasSubstr("Value '10241' at 'maxRecordSizeInKiB' failed to satisfy constraint: "
                          "Member must have value less than or equal to 10240"));
}

TEST_P(Streams, HaveOneModeAndItsShardCount) {
    EXPECT_EQ(kinesis.refusal("CreateStream", {{"StreamName", "s"}}).message,
              "ShardCount must be given for a stream in PROVISIONED mode");
    EXPECT_EQ(kinesis
                  .refusal("CreateStream", {{"StreamName", "s"},
                                            {"ShardCount", 1},
                                            {"StreamModeDetails", {{"StreamMode", "ON_DEMAND"}}}})
                  .message,
              "ShardCount must not be given for a stream in ON_DEMAND mode");
    EXPECT_EQ(kinesis
                  .refusal("CreateStream", {{"StreamName", "s"},
                                            {"ShardCount", 1},
                                            {"StreamModeDetails", {{"StreamMode", "OTHER"}}}})
                  .message,
              "1 validation error detected: Value 'OTHER' at 'streamModeDetails.streamMode' failed "
              "to satisfy constraint: Member must satisfy enum value set: [PROVISIONED, "
              "ON_DEMAND]");
}

TEST_P(Streams, ThatExistAreRefused) {
    kinesis.create("s");
    const auto refusal = kinesis.refusal("CreateStream", {{"StreamName", "s"}, {"ShardCount", 1}});
    EXPECT_EQ(refusal.code, "ResourceInUseException");
    EXPECT_EQ(refusal.message, "Stream s under account 000000000000 already exists.");
}

TEST_P(Streams, WithMoreShardsThanThereMayBeAreRefused) {
    const auto refusal =
        kinesis.refusal("CreateStream", {{"StreamName", "s"}, {"ShardCount", 10'001}});
    EXPECT_EQ(refusal.code, "LimitExceededException");
    EXPECT_THAT(refusal.message,
                HasSubstr("10001 shards, closed ones included; the local stream allows 10000"));
}

TEST_P(Streams, HaveNamesOf128CharactersAtMost) {
    const std::string longest(128, 'x');
    kinesis.create(longest);
    EXPECT_EQ(summary(longest).at("StreamName"), longest);
    const auto refusal =
        kinesis.refusal("CreateStream", {{"StreamName", longest + "x"}, {"ShardCount", 1}});
    EXPECT_EQ(refusal.code, "ValidationException");
    EXPECT_EQ(refusal.message, "1 validation error detected: Value '" + longest +
                                   "x' at 'streamName' failed to satisfy constraint: Member must "
                                   "have length less than or equal to 128");
}

TEST_P(Streams, HaveNamesOfLettersDigitsDotsDashesAndUnderscores) {
    kinesis.create("aZ09_.-");
    for (const std::string name : {"a b", "a/b", "größe", "a:1"}) {
        EXPECT_THAT(
            kinesis.refusal("CreateStream", {{"StreamName", name}, {"ShardCount", 1}}).message,
            HasSubstr("Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"))
            << name;
    }
    EXPECT_EQ(kinesis.refusal("CreateStream", {{"StreamName", ""}, {"ShardCount", 0}}).message,
              "3 validation errors detected: Value '' at 'streamName' failed to satisfy "
              "constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+; Value "
              "'' at 'streamName' failed to satisfy constraint: Member must have length greater "
              "than or equal to 1; Value '0' at 'shardCount' failed to satisfy constraint: Member "
              "must have value greater than or equal to 1");
}

TEST_P(Streams, AreGoneOnceDeleted) {
    kinesis.create("s");
    kinesis.put("s", "a");
    EXPECT_TRUE(kinesis.ask("DeleteStream", {{"StreamName", "s"}}).is_null());
    for (const std::string operation :
         {"DeleteStream", "DescribeStream", "DescribeStreamSummary", "ListShards"}) {
        const auto refusal = kinesis.refusal(operation, {{"StreamName", "s"}});
        EXPECT_EQ(refusal.code, "ResourceNotFoundException") << operation;
        EXPECT_EQ(refusal.message, "Stream s under account 000000000000 not found.") << operation;
    }
}

TEST_P(Streams, MayBeNamedByArnOfAnyRegionAndAccount) {
    kinesis.create("s");
    for (const std::string arn : {"arn:aws:kinesis:us-east-1:000000000000:stream/s",
                                  "arn:aws-cn:kinesis:cn-north-1:123456789012:stream/s"}) {
        EXPECT_EQ(kinesis.ask("DescribeStream", {{"StreamARN", arn}})
                      .at("StreamDescription")
                      .at("StreamName"),
                  "s");
    }
    const std::string arn = "arn:aws:kinesis:us-east-1:000000000000:stream/s";
    kinesis.ask("DescribeStream", {{"StreamARN", arn}, {"StreamName", "s"}});
    EXPECT_THAT(
        kinesis.refusal("DescribeStream", {{"StreamARN", arn}, {"StreamName", "t"}}).message,
        HasSubstr("Member must name the same stream as streamName"));
    for (const std::string bad : {"s", "arn:aws:s3:us-east-1:000000000000:stream/s",
                                  "arn:aws:kinesis:us-east-1:00000000000:stream/s",
                                  "arn:aws:kinesis:us-east-1:000000000000:stream/",
                                  "arn:aws:kinesis:us-east-1:000000000000:s", "arn:aws:kinesis"}) {
        EXPECT_THAT(kinesis.refusal("DescribeStream", {{"StreamARN", bad}}).message,
                    HasSubstr("arn:aws.*:kinesis:.*:\\d{12}:stream/\\S+"))
            << bad;
    }
    EXPECT_EQ(kinesis.refusal("DescribeStream", Document::object()).message,
              "1 validation error detected: Value null at 'streamName' failed to satisfy "
              "constraint: Member must not be null");
}

TEST_P(Streams, AreDescribedAPageOfShardsAtATime) {
    kinesis.create("s", 5);
    const Document page =
        kinesis.ask("DescribeStream", {{"StreamName", "s"}, {"Limit", 2}}).at("StreamDescription");
    EXPECT_EQ(page.at("HasMoreShards"), true);
    ASSERT_EQ(page.at("Shards").size(), 2U);
    const Document rest =
        kinesis
            .ask("DescribeStream", {{"StreamName", "s"},
                                    {"Limit", 3},
                                    {"ExclusiveStartShardId", page.at("Shards")[1].at("ShardId")}})
            .at("StreamDescription");
    EXPECT_EQ(rest.at("HasMoreShards"), false);
    ASSERT_EQ(rest.at("Shards").size(), 3U);
    EXPECT_EQ(rest.at("Shards")[0].at("ShardId"), "shardId-000000000002");
}

TEST_P(Streams, AreListedByName) {
    EXPECT_EQ(
        kinesis.ask("ListStreams", Document::object()),
        Document::parse(R"({"HasMoreStreams": false, "StreamNames": [], "StreamSummaries": []})"));
    for (const char* name : {"b", "a", "c"}) kinesis.create(name);
    const Document all = kinesis.ask("ListStreams", Document::object());
    EXPECT_THAT(all.at("StreamNames"), ElementsAre("a", "b", "c"));
    EXPECT_EQ(all.at("HasMoreStreams"), false);
    ASSERT_EQ(all.at("StreamSummaries").size(), 3U);
    EXPECT_EQ(all.at("StreamSummaries")[0].at("StreamName"), "a");
    EXPECT_EQ(all.at("StreamSummaries")[0].at("StreamStatus"), "ACTIVE");
    EXPECT_THAT(names({{"ExclusiveStartStreamName", "a"}}), ElementsAre("b", "c"));
}

TEST_P(Streams, AreListedAPageAtATime) {
    for (const char* name : {"a", "b", "c"}) kinesis.create(name);
    const Document first = kinesis.ask("ListStreams", {{"Limit", 2}});
    EXPECT_THAT(first.at("StreamNames"), ElementsAre("a", "b"));
    EXPECT_EQ(first.at("HasMoreStreams"), true);
    EXPECT_THAT(names({{"NextToken", first.at("NextToken")}}), ElementsAre("c"));
    const Document exact = kinesis.ask("ListStreams", {{"Limit", 3}});
    EXPECT_EQ(exact.at("HasMoreStreams"), false);
    EXPECT_FALSE(exact.contains("NextToken"));
}

LK_IN_BOTH_ENCODINGS(Streams);

}  // namespace
}  // namespace lk::local
