#include "wire/streams.hpp"

#include <gtest/gtest.h>

namespace lk::wire {
namespace {

constexpr std::string_view arn = "arn:aws:kinesis:eu-west-1:111122223333:stream/entrypoint";
constexpr std::string_view highest = "340282366920938463463374607431768211455";

Document shard(const char* id) {
    return {{"ShardId", id},
            {"HashKeyRange", {{"StartingHashKey", "0"}, {"EndingHashKey", highest}}},
            {"SequenceNumberRange", {{"StartingSequenceNumber", "1"}}}};
}

Document summary() {
    return {{"StreamDescriptionSummary",
             {{"StreamName", "entrypoint"},
              {"StreamARN", arn},
              {"StreamStatus", "ACTIVE"},
              {"StreamModeDetails", {{"StreamMode", "ON_DEMAND"}}},
              {"EncryptionType", "KMS"},
              {"OpenShardCount", 4},
              {"MaxRecordSizeInKiB", 10240}}}};
}

std::string problem_of_summary(const char* member, const Document& value) {
    Document answer = summary();
    answer["StreamDescriptionSummary"][member] = value;
    const auto read = read_stream_summary_answer(answer);
    return read.has_value() ? "" : read.error();
}

std::string problem_of_shard(const Document& one) {
    const auto read = read_list_shards_answer({{"Shards", {one}}});
    return read.has_value() ? "" : read.error();
}

TEST(StreamRequest, NamesTheStreamByNameOrArn) {
    EXPECT_EQ(stream_request("entrypoint"), Document({{"StreamName", "entrypoint"}}));
    EXPECT_EQ(stream_request(arn), Document({{"StreamARN", arn}}));
}

TEST(ListShardsRequest, AsksForTheOpenShards) {
    EXPECT_EQ(list_shards_request("entrypoint", ""),
              Document({{"StreamName", "entrypoint"}, {"ShardFilter", {{"Type", "AT_LATEST"}}}}));
}

TEST(ListShardsRequest, CarriesNothingBesideAToken) {
    EXPECT_EQ(list_shards_request("entrypoint", "token"), Document({{"NextToken", "token"}}));
}

TEST(ListShardsAnswer, TellsOfEachShard) {
    Document child = shard("shardId-000000000002");
    child["ParentShardId"] = "shardId-000000000000";
    child["AdjacentParentShardId"] = "shardId-000000000001";
    Document closed = shard("shardId-000000000000");
    closed["SequenceNumberRange"]["EndingSequenceNumber"] = "9";
    const auto page = read_list_shards_answer({{"Shards", {closed, child}}, {"NextToken", "more"}});
    ASSERT_TRUE(page.has_value()) << page.error();
    EXPECT_EQ(page->next_token, "more");
    ASSERT_EQ(page->shards.size(), 2U);
    EXPECT_EQ(page->shards[0].shard_id, "shardId-000000000000");
    EXPECT_EQ(page->shards[0].starting_hash_key, "0");
    EXPECT_EQ(page->shards[0].ending_hash_key, highest);
    EXPECT_EQ(page->shards[0].parent_shard_id, "");
    EXPECT_FALSE(page->shards[0].open);
    EXPECT_EQ(page->shards[1].parent_shard_id, "shardId-000000000000");
    EXPECT_EQ(page->shards[1].adjacent_parent_shard_id, "shardId-000000000001");
    EXPECT_TRUE(page->shards[1].open);
}

TEST(ListShardsAnswer, MayHaveNoShardsAndNullMembers) {
    const auto empty =
        read_list_shards_answer({{"Shards", Document::array()}, {"NextToken", nullptr}});
    ASSERT_TRUE(empty.has_value());
    EXPECT_TRUE(empty->shards.empty());
    EXPECT_EQ(empty->next_token, "");

    Document one = shard("s");
    one["ParentShardId"] = nullptr;
    one["SequenceNumberRange"]["EndingSequenceNumber"] = nullptr;
    const auto page = read_list_shards_answer({{"Shards", {one}}});
    ASSERT_TRUE(page.has_value()) << page.error();
    EXPECT_TRUE(page->shards[0].open);
}

TEST(ListShardsAnswer, ThatIsNoneIsRefusedByTheMember) {
    EXPECT_EQ(read_list_shards_answer(Document::object()).error(),
              "not a ListShards answer: Shards in the answer is not an array");
    EXPECT_FALSE(read_list_shards_answer(nullptr).has_value());
    EXPECT_FALSE(read_list_shards_answer("Shards").has_value());
    EXPECT_FALSE(read_list_shards_answer({{"Shards", {1}}}).has_value());
    EXPECT_FALSE(
        read_list_shards_answer({{"Shards", Document::array()}, {"NextToken", 1}}).has_value());

    EXPECT_EQ(problem_of_shard(shard("s")), "");
    EXPECT_EQ(problem_of_shard(shard("")),
              "not a ListShards answer: ShardId in the answer is missing or empty");
    Document without_range = shard("s");
    without_range.erase("HashKeyRange");
    EXPECT_EQ(problem_of_shard(without_range),
              "not a ListShards answer: HashKeyRange in the answer is not an object");
    for (const Document& wrong : {Document(5), Document("-1"), Document("12x"),
                                  Document(std::string(40, '1')), Document()}) {
        Document one = shard("s");
        one["HashKeyRange"]["EndingHashKey"] = wrong;
        EXPECT_NE(problem_of_shard(one), "") << wrong;
    }
}

TEST(StreamSummaryAnswer, TellsTheStreamsFacts) {
    const auto read = read_stream_summary_answer(summary());
    ASSERT_TRUE(read.has_value()) << read.error();
    EXPECT_EQ(read->stream_name, "entrypoint");
    EXPECT_EQ(read->stream_arn, arn);
    EXPECT_EQ(read->status, "ACTIVE");
    EXPECT_EQ(read->mode, "ON_DEMAND");
    EXPECT_EQ(read->encryption, "KMS");
    EXPECT_EQ(read->open_shard_count, 4);
    EXPECT_EQ(read->max_record_bytes, 10U * 1024 * 1024);
}

TEST(StreamSummaryAnswer, OfAnOlderServerHoldsTheDefaults) {
    const auto read = read_stream_summary_answer(
        {{"StreamDescriptionSummary", {{"StreamName", "s"}, {"StreamStatus", "CREATING"}}}});
    ASSERT_TRUE(read.has_value()) << read.error();
    EXPECT_EQ(read->mode, "");
    EXPECT_EQ(read->encryption, "");
    EXPECT_EQ(read->max_record_bytes, 1024U * 1024);
}

TEST(StreamSummaryAnswer, ThatIsNoneIsRefusedByTheMember) {
    EXPECT_FALSE(read_stream_summary_answer(Document::object()).has_value());
    EXPECT_FALSE(read_stream_summary_answer(Document::array()).has_value());
    EXPECT_EQ(problem_of_summary("StreamStatus", nullptr),
              "not a DescribeStreamSummary answer: StreamStatus in the answer is missing or empty");
    EXPECT_EQ(problem_of_summary("MaxRecordSizeInKiB", 0),
              "not a DescribeStreamSummary answer: MaxRecordSizeInKiB in the answer is 0, not an "
              "integer from 1 to 1048576");
    EXPECT_NE(problem_of_summary("MaxRecordSizeInKiB", 1048577), "");
    EXPECT_NE(problem_of_summary("MaxRecordSizeInKiB", -1), "");
    EXPECT_NE(problem_of_summary("MaxRecordSizeInKiB", 18446744073709551615U), "");
    EXPECT_NE(problem_of_summary("MaxRecordSizeInKiB", "1024"), "");
    EXPECT_NE(problem_of_summary("OpenShardCount", 2147483648U), "");
    EXPECT_NE(problem_of_summary("OpenShardCount", 1.5), "");
    EXPECT_NE(problem_of_summary("StreamModeDetails", {{"StreamMode", 1}}), "");
}

}  // namespace
}  // namespace lk::wire
