#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <lk/local_kinesis.hpp>

#include <cstddef>
#include <future>

#include "base/test_directory.hpp"
#include "kinesis/loop_owner.hpp"

namespace lk {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

Record record(std::string_view data, std::string_view key, std::string_view hash_key = {}) {
    return {.data = data, .partition_key = key, .explicit_hash_key = hash_key, .cbor = {}};
}

Expected<PutRecordsAnswer, Failure> put(KinesisClient& client, std::string_view stream,
                                        const std::vector<Record>& records) {
    std::promise<Expected<PutRecordsAnswer, Failure>> promise;
    client.put_records(
        {.stream = stream, .records = records, .timeout = std::chrono::seconds(30)},
        [&](Expected<PutRecordsAnswer, Failure> answer) { promise.set_value(std::move(answer)); });
    return promise.get_future().get();
}

class LocalKinesisTest : public testing::TestWithParam<bool> {};

TEST_P(LocalKinesisTest, StoresWhatItsClientPuts) {
    const auto kinesis = local_kinesis({.streams = {{"s", 2}}, .tls = GetParam()});
    const auto answer =
        put(*kinesis, "s", {record("one", "a"), record("two", "b"), record("three", "b", "0")});
    ASSERT_TRUE(answer) << answer.error().message;
    ASSERT_EQ(answer->size(), 3U);
    const auto records = kinesis->records("s");
    ASSERT_TRUE(records);
    ASSERT_THAT(*records, SizeIs(3));
    EXPECT_EQ((*records)[0].data, "one");
    EXPECT_EQ((*records)[0].shard_id, (*answer)[0].shard_id);
    EXPECT_EQ((*records)[0].sequence_number, (*answer)[0].sequence_number);
    EXPECT_EQ((*records)[1].data, "three");
    EXPECT_EQ((*records)[2].data, "two");
    EXPECT_EQ((*records)[2].shard_id, "shardId-000000000001");
}

TEST_P(LocalKinesisTest, TellsItsShardsAndLimits) {
    const auto kinesis = local_kinesis({.streams = {{"s", 3}}, .tls = GetParam()});
    std::promise<std::size_t> shards;
    kinesis->list_shards("s", [&](Expected<std::vector<Shard>, Failure> answer) {
        shards.set_value(answer ? answer->size() : 0);
    });
    EXPECT_EQ(shards.get_future().get(), 3U);
    std::promise<std::size_t> limit;
    kinesis->describe_stream_summary("s", [&](Expected<StreamSummary, Failure> answer) {
        limit.set_value(answer ? answer->max_record_bytes : 0);
    });
    EXPECT_EQ(limit.get_future().get(), 1024U * 1024);
}

TEST_P(LocalKinesisTest, RefusesAStreamThatIsNotThere) {
    const auto kinesis = local_kinesis({.tls = GetParam()});
    const auto answer = put(*kinesis, "none", {record("d", "k")});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::stream_not_found);
    EXPECT_EQ(kinesis->records("none").error().code, ErrorCode::stream_not_found);
}

INSTANTIATE_TEST_SUITE_P(, LocalKinesisTest, testing::Bool(),
                         [](const auto& run) { return run.param ? "OverTls" : "Plain"; });

TEST(LocalKinesis, OffersItsClientsLoop) {
    const auto kinesis = local_kinesis();
    const auto owner = std::dynamic_pointer_cast<LoopOwner>(kinesis);
    ASSERT_NE(owner, nullptr);
    EXPECT_NE(owner->loop(), nullptr);
}

TEST(LocalKinesis, EndsWithRequestsUnderWay) {
    auto kinesis = local_kinesis({.streams = {{"s", 1}}});
    constexpr int requests = 50;
    const std::vector<Record> records = {record("d", "k")};
    std::atomic<int> answered{0};
    for (int count = 0; count < requests; ++count) {
        kinesis->put_records(
            {.stream = "s", .records = records, .timeout = std::chrono::minutes(1)},
            [&](const Expected<PutRecordsAnswer, Failure>&) { ++answered; });
    }
    kinesis.reset();
    EXPECT_EQ(answered, requests);
}

TEST(LocalKinesis, IgnoresWhatTheEnvironmentSaysOfAws) {
    ASSERT_EQ(::setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1", 1), 0);
    ASSERT_EQ(::setenv("AWS_USE_FIPS_ENDPOINT", "true", 1), 0);
    const auto kinesis = try_local_kinesis({.streams = {{"s", 1}}});
    ::unsetenv("AWS_ENDPOINT_URL");
    ::unsetenv("AWS_USE_FIPS_ENDPOINT");
    ASSERT_TRUE(kinesis) << kinesis.error().message;
    EXPECT_TRUE(put(**kinesis, "s", {record("d", "k")}));
}

TEST(LocalKinesis, SaysWhyItCannotStart) {
    const TestDirectory directory;
    const auto first = local_kinesis({.directory = directory.path()});
    const auto second = try_local_kinesis({.directory = directory.path()});
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::bad_option);
    EXPECT_THAT(second.error().message, HasSubstr("is in use by this process already"));
    EXPECT_THAT(try_local_kinesis({.streams = {{"no name", 1}}}).error().message,
                HasSubstr("cannot create the stream 'no name'"));
}

TEST(LocalKinesis, ReadsNoMoreOfItsSettingsThanTheCallerHas) {
    const std::string no_plan = "none";
    detail::LocalKinesisSettings settings;
    settings.faults = &no_plan;
    EXPECT_FALSE(detail::open_local_kinesis(settings));
    // As of a header that knew no faults yet: what stands behind the structure is somebody else's.
    settings.size = offsetof(detail::LocalKinesisSettings, faults);
    EXPECT_TRUE(detail::open_local_kinesis(settings));
}

TEST(LocalKinesis, GivesItsEndpointAndAuthorityToOtherClients) {
    const auto plain = local_kinesis();
    EXPECT_THAT(plain->endpoint(), testing::StartsWith("http://127.0.0.1:"));
    EXPECT_EQ(plain->ca_certificate(), "");
    const auto tls = local_kinesis({.tls = true});
    EXPECT_THAT(tls->endpoint(), testing::StartsWith("https://127.0.0.1:"));
    EXPECT_THAT(tls->ca_certificate(), testing::StartsWith("-----BEGIN CERTIFICATE-----"));
}

}  // namespace
}  // namespace lk
