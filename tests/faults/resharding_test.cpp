#include <gtest/gtest.h>

#include <set>

#include <curl/curl.h>

#include "run.hpp"

namespace lk::faults {
namespace {

// Asks the local stream as any client may: it checks no signatures.
void ask(const LocalKinesis& kinesis, const std::string& operation, const std::string& body) {
    CURL* const curl = ::curl_easy_init();
    ASSERT_NE(curl, nullptr);
    curl_slist* headers = nullptr;
    headers = ::curl_slist_append(headers, "Content-Type: application/x-amz-json-1.1");
    headers = ::curl_slist_append(headers, ("X-Amz-Target: Kinesis_20131202." + operation).c_str());
    ::curl_easy_setopt(curl, CURLOPT_URL, kinesis.endpoint().c_str());
    ::curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    ::curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.c_str());
    ::curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    ::curl_easy_setopt(curl, CURLOPT_TIMEOUT, 60L);
    EXPECT_EQ(::curl_easy_perform(curl), CURLE_OK);
    long status = 0;
    ::curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    EXPECT_EQ(status, 200) << operation << " " << body;
    ::curl_slist_free_all(headers);
    ::curl_easy_cleanup(curl);
}

void split(const LocalKinesis& kinesis, int shard, const std::string& at) {
    ask(kinesis, "SplitShard",
        R"({"StreamName": "events", "ShardToSplit": "shardId-00000000000)" + std::to_string(shard) +
            R"(", "NewStartingHashKey": ")" + at + "\"}");
}

void merge(const LocalKinesis& kinesis, int one, int other) {
    ask(kinesis, "MergeShards",
        R"({"StreamName": "events", "ShardToMerge": "shardId-00000000000)" + std::to_string(one) +
            R"(", "AdjacentShardToMerge": "shardId-00000000000)" + std::to_string(other) + "\"}");
}

std::set<std::string> shards_of(const DispatchRun& run) {
    std::set<std::string> shards;
    for (const DispatchRun::Sent& event : run.events) {
        if (event.outcome) shards.insert(event.outcome->shard_id);
    }
    return shards;
}

constexpr const char* middle = "170141183460469231731687303715884105728";
constexpr const char* quarter = "85070591730234615865843651857942052864";

TEST(Resharding, IsInvisibleToADispatchFunctionAtWork) {
    const auto kinesis = local_kinesis({.streams = {{"events", 1}}});
    const DispatchRun run = dispatch_all(kinesis, {.events = 3000, .keys = 40, .halfway = [&] {
                                                       split(*kinesis, 0, middle);   // 1, 2
                                                       split(*kinesis, 1, quarter);  // 3, 4
                                                       merge(*kinesis, 4, 2);        // 5
                                                   }});
    EXPECT_EQ(run.published(), run.events.size());
    EXPECT_EQ(run.flagged(), 0U) << "an event was sent again because of a wrong guess";
    // Those after the last change went to the shards that it left open.
    const auto shards = shards_of(run);
    EXPECT_TRUE(shards.contains("shardId-000000000003"));
    EXPECT_TRUE(shards.contains("shardId-000000000005"));
    expect_as_promised(*kinesis, run);
}

TEST(Resharding, IsInvisibleToOneThatAggregates) {
    const auto kinesis = local_kinesis({.streams = {{"events", 1}}});
    const DispatchRun run = dispatch_all(kinesis, {.events = 3000,
                                                   .keys = 40,
                                                   .halfway =
                                                       [&] {
                                                           split(*kinesis, 0, middle);   // 1, 2
                                                           split(*kinesis, 1, quarter);  // 3, 4
                                                           merge(*kinesis, 4, 2);        // 5
                                                       },
                                                   .aggregate_bytes = 4000});
    EXPECT_EQ(run.published(), run.events.size());
    EXPECT_EQ(run.flagged(), 0U) << "an event was sent again because of a wrong guess";
    const auto records = kinesis->records("events");
    ASSERT_TRUE(records);
    EXPECT_LT(records->size(), run.events.size()) << "nothing was aggregated";
    expect_as_promised(*kinesis, run);
}

TEST(Resharding, AmidFaultsLosesNothingAndKeepsEveryKeysOrder) {
    const auto kinesis =
        local_kinesis({.streams = {{"events", 2}}, .faults = R"({"seed": 3, "rules": [
        {"on": {"operation": "PutRecords"}, "probability": 0.2, "times": 3, "do": {"reset": "after_commit"}},
        {"on": {"operation": "PutRecords"}, "probability": 0.2, "times": 3, "do": {"truncate": 9}},
        {"on": {"operation": "ListShards"}, "probability": 0.5, "times": 3, "do": {"error": "InternalFailure"}},
        {"on": {"operation": "PutRecords"}, "probability": 0.1, "times": 3,
         "do": {"record_error": "ProvisionedThroughputExceededException"}}]})"});
    const DispatchRun run = dispatch_all(kinesis, {.events = 1200, .keys = 40, .halfway = [&] {
                                                       split(*kinesis, 0, quarter);  // 2, 3
                                                       merge(*kinesis, 3, 1);        // 4
                                                   }});
    EXPECT_EQ(run.published(), run.events.size());
    EXPECT_TRUE(shards_of(run).contains("shardId-000000000004"));
    expect_as_promised(*kinesis, run);
}

}  // namespace
}  // namespace lk::faults
