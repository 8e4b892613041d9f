#include <regex>
#include <type_traits>

#include <lk/nlohmann.hpp>

#include "fixture.hpp"

namespace shop {

struct Order {
    std::string item;
    double price;
};

void to_event_data(lk::JsonWriter& out, const Order& order) {
    out.begin_object();
    out.key("item").string(order.item);
    out.key("price").number(order.price);
    out.end_object();
}

}  // namespace shop

namespace lk {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

// Bare text as data would be ambiguous, so it does not compile.
static_assert(!std::is_invocable_v<const Dispatch&, const char*, const char*>);
static_assert(!std::is_invocable_v<const Dispatch&, const char*, std::string>);
static_assert(std::is_invocable_v<const Dispatch&, const char*, Json>);
static_assert(std::is_invocable_v<const Dispatch&, const char*, shop::Order>);
static_assert(std::is_invocable_v<const Dispatch&, const char*>);
static_assert(!std::is_copy_constructible_v<Published>);
static_assert(std::is_nothrow_move_constructible_v<Published>);

TEST_F(DispatchTest, WritesTheEventOfTheSeedLibrary) {
    auto dispatch = get_dispatch(options());
    const Event event = dispatch("eventType", json(R"({"key":"value"})"),
                                 {.source_user_id = "userId", .partition_key = "partitionKey"})
                            .get();
    EXPECT_THAT(
        event.id,
        MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
    EXPECT_EQ(event.type, "eventType");
    EXPECT_EQ(event.data, R"({"key":"value"})");
    EXPECT_THAT(event.timestamp,
                MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}.[0-9]{3}Z"));
    EXPECT_EQ(event.source.user_id, "userId");
    EXPECT_EQ(event.source.producer_id, "server@hostname");
    EXPECT_EQ(event.source.kinesis_partition_key, "partitionKey");
    EXPECT_EQ(event.shard_id, "shardId-000000000000");
    EXPECT_FALSE(event.sequence_number.empty());
    EXPECT_EQ(event.attempts, 1);
    EXPECT_FALSE(event.may_be_duplicate);

    const auto records = kinesis->records();
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0].data,
              R"({"id":")" + event.id +
                  R"(","type":"eventType","data":{"key":"value"},"timestamp":")" + event.timestamp +
                  R"(","source":{"userId":"userId","producerId":"server@hostname",)"
                  R"("kinesisPartitionKey":"partitionKey"}})");
    EXPECT_EQ(records[0].data, event.json());
    EXPECT_EQ(records[0].partition_key, "partitionKey");
    EXPECT_EQ(kinesis->streams(), std::vector<std::string>{"entrypoint"});
}

TEST_F(DispatchTest, WithoutOptionsTheKeyIsAFreshUuidAndTheUserNull) {
    auto dispatch = get_dispatch(options());
    const Event one = dispatch("eventType").get();
    const Event other = dispatch("eventType").get();
    EXPECT_EQ(one.source.kinesis_partition_key.size(), 36U);
    EXPECT_NE(one.source.kinesis_partition_key, other.source.kinesis_partition_key);
    EXPECT_NE(one.id, one.source.kinesis_partition_key);
    EXPECT_EQ(one.source.user_id, std::nullopt);
    EXPECT_EQ(one.data, std::nullopt);
    EXPECT_THAT(kinesis->records()[0].data, HasSubstr(R"("userId":null)"));
    EXPECT_EQ(kinesis->records()[0].data.find("\"data\""), std::string::npos);
}

TEST_F(DispatchTest, AnEmptyPartitionKeyMeansTheDefaultAndASpaceDoesNot) {
    auto dispatch = get_dispatch(options());
    EXPECT_EQ(dispatch("t", {}, {.partition_key = ""}).get().source.kinesis_partition_key.size(),
              36U);
    EXPECT_EQ(dispatch("t", {}, {.partition_key = " "}).get().source.kinesis_partition_key, " ");
}

TEST_F(DispatchTest, TakesIdTimestampAndExplicitHashKey) {
    auto dispatch = get_dispatch(options());
    const Event event =
        dispatch("t", json("1"),
                 {.explicit_hash_key = "340282366920938463463374607431768211455",
                  .id = "my id",
                  .timestamp = std::chrono::system_clock::time_point(1451606400123456us)})
            .get();
    EXPECT_EQ(event.id, "my id");
    EXPECT_EQ(event.timestamp, "2016-01-01T00:00:00.123Z");
    EXPECT_EQ(kinesis->records()[0].explicit_hash_key, "340282366920938463463374607431768211455");
}

TEST_F(DispatchTest, RemovesWhiteSpaceOutsideStringsAndKeepsTheRest) {
    auto dispatch = get_dispatch(options());
    const Event event =
        dispatch(
            "t",
            json(" { \"a b\" : [ 1.0 , 18446744073709551616, 1e400 ] ,\n\t\"\\ud800\":\"/\" } "))
            .get();
    EXPECT_EQ(event.data, "{\"a b\":[1.0,18446744073709551616,1e400],\"\\ud800\":\"/\"}");
}

TEST_F(DispatchTest, TakesATypeOfTheUsersOwn) {
    auto dispatch = get_dispatch(options());
    EXPECT_EQ(dispatch("ordered", shop::Order{"caf\u00e9 \"noir\"", 2.0}).get().data,
              "{\"item\":\"caf\u00e9 \\\"noir\\\"\",\"price\":2}");
}

TEST_F(DispatchTest, TakesNlohmannJson) {
    auto dispatch = get_dispatch(options());
    const nlohmann::json data = {{"list", {1, -2, 2.5, 1e21, true, nullptr}}, {"text", "\n"}};
    EXPECT_EQ(dispatch("t", data).get().data, R"({"list":[1,-2,2.5,1e+21,true,null],"text":"\n"})");
}

TEST_F(DispatchTest, RefusesNlohmannBinaryValuesAndTextThatIsNotUtf8) {
    auto dispatch = get_dispatch(options());
    for (const nlohmann::json& data :
         {nlohmann::json(nlohmann::json::binary({1, 2})), nlohmann::json("\xff")}) {
        const Outcome outcome = dispatch("t", data).wait();
        ASSERT_FALSE(outcome);
        EXPECT_EQ(outcome.error().code, ErrorCode::not_json);
    }
}

TEST_F(DispatchTest, CopiesAllTextBeforeItReturns) {
    kinesis->hold();
    auto dispatch = get_dispatch(options());
    std::string type = "eventType";
    std::string data = R"({"key":"value"})";
    std::string key = "partitionKey";
    std::string user = "userId";
    auto published = dispatch(type, json(data), {.source_user_id = user, .partition_key = key});
    for (std::string* text : {&type, &data, &key, &user})
        std::fill(text->begin(), text->end(), '#');
    kinesis->release();
    EXPECT_EQ(published.get().json().find('#'), std::string::npos);
}

TEST_F(DispatchTest, ReplaysAnExistingEventAsItIs) {
    auto dispatch = get_dispatch(options());
    const Event existing{.id = "old id",
                         .type = "old type",
                         .data = R"({"a":1})",
                         .timestamp = "2015-06-07T08:09:10.111Z",
                         .source = {.user_id = "somebody",
                                    .producer_id = "another@host",
                                    .kinesis_partition_key = "old key"}};
    const Event event = dispatch.event(existing).get();
    EXPECT_EQ(event.json(), existing.json());
    EXPECT_EQ(kinesis->records()[0].data, existing.json());
    EXPECT_EQ(kinesis->records()[0].partition_key, "old key");
}

TEST_F(DispatchTest, PutsBytesWithoutAnEnvelope) {
    auto dispatch = get_dispatch(options());
    const std::string bytes("\0\xff raw", 6);
    const Event event =
        dispatch.record(bytes, {.partition_key = "k", .explicit_hash_key = "0"}).get();
    EXPECT_EQ(event.data, bytes);
    EXPECT_EQ(event.source.kinesis_partition_key, "k");
    EXPECT_EQ(event.json(), bytes);
    EXPECT_EQ(event.id, "");
    EXPECT_EQ(kinesis->records()[0].data, bytes);
    EXPECT_EQ(kinesis->records()[0].explicit_hash_key, "0");
    EXPECT_EQ(dispatch.record("", {}).get().data, "");
}

TEST_F(DispatchTest, SeveralDispatchFunctionsShareAClient) {
    auto one = get_dispatch(options());
    DispatchOptions of_other = options();
    of_other.kinesis_stream = "arn:aws:kinesis:eu-west-1:123456789012:stream/other";
    auto other = get_dispatch(of_other);
    EXPECT_TRUE(one("t").wait());
    EXPECT_TRUE(other("t").wait());
    EXPECT_EQ(kinesis->streams(),
              (std::vector<std::string>{"entrypoint", of_other.kinesis_stream}));
}

TEST_F(DispatchTest, ALargeRecordWaitsForTheStreamsLimit) {
    kinesis->describe_with = [] {
        StreamSummary summary;
        summary.max_record_bytes = 4 * 1024 * 1024;
        return summary;
    };
    auto dispatch = get_dispatch(options());
    EXPECT_TRUE(dispatch.record(std::string(1024 * 1024 - 1, 'x'), {.partition_key = "k"}).wait());
    EXPECT_TRUE(dispatch.record(std::string(3 * 1024 * 1024, 'x')).wait());
    EXPECT_EQ(kinesis->described(), 1);
    const Outcome refused = dispatch.record(std::string(5 * 1024 * 1024, 'x')).wait();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::too_large);
    EXPECT_THAT(refused.error().message, HasSubstr("4194304"));
    EXPECT_EQ(kinesis->described(), 1);
}

TEST_F(DispatchTest, AClientThatCannotTellTheLimitStillGetsLargeRecords) {
    auto dispatch = get_dispatch(options());
    EXPECT_TRUE(dispatch.record(std::string(3 * 1024 * 1024, 'x')).wait());
    EXPECT_EQ(kinesis->described(), 1);
    EXPECT_THAT(log.all(), HasSubstr("limit"));
}

}  // namespace
}  // namespace lk
