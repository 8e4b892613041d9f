#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <latch>
#include <stdexcept>

#include "kinesis/test_client.hpp"

namespace lk::kinesis {
namespace {

using testing::HasSubstr;

const std::vector<Record> one_record = {
    {.data = "x", .partition_key = "key", .explicit_hash_key = {}, .cbor = {}}};

Expected<PutRecordsAnswer, Failure> store(const PutRecordsRequest& request) {
    PutRecordsAnswer answer;
    for (const Record& record : request.records) answer.add_stored("shard", record.partition_key);
    return answer;
}

TEST(SynchronousKinesis, PutsThroughTheFunction) {
    const auto client = synchronous_kinesis(store);
    const auto answer = put(*client, one_record);
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ((*answer)[0].sequence_number, "key");
}

TEST(SynchronousKinesis, HandsAFailureOn) {
    const auto client = synchronous_kinesis([](const PutRecordsRequest&) {
        return Expected<PutRecordsAnswer, Failure>(
            Failure{.kind = FailureClass::slow_down, .service_code = {}, .message = "slower"});
    });
    const auto answer = put(*client, one_record);
    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().kind, FailureClass::slow_down);
}

TEST(SynchronousKinesis, AnExceptionLeavesTheOutcomeUnknown) {
    const auto client =
        synchronous_kinesis([](const PutRecordsRequest&) -> Expected<PutRecordsAnswer, Failure> {
            throw std::runtime_error("boom");
        });
    for (int i = 0; i < 2; ++i) {
        const auto answer = put(*client, one_record);
        ASSERT_FALSE(answer.has_value());
        EXPECT_EQ(answer.error().kind, FailureClass::transient);
        EXPECT_EQ(answer.error().code, ErrorCode::client_failed);
        EXPECT_TRUE(answer.error().may_have_been_stored);
        EXPECT_THAT(answer.error().message, HasSubstr("boom"));
    }
}

TEST(SynchronousKinesis, RunsAsManyCallsAtOnceAsItHasThreads) {
    std::latch all_in(3);
    const auto client = synchronous_kinesis(
        [&](const PutRecordsRequest& request) {
            all_in.arrive_and_wait();
            return store(request);
        },
        3);
    std::latch done(3);
    for (int i = 0; i < 3; ++i) {
        client->put_records({.stream = "events", .records = one_record},
                            [&](const Expected<PutRecordsAnswer, Failure>&) { done.count_down(); });
    }
    done.wait();
}

TEST(SynchronousKinesis, ItsDestructorWaitsForTheCallAndRefusesWhatWaits) {
    std::latch begun(1);
    std::latch go_on(1);
    std::atomic<int> stored{0};
    std::atomic<int> refused{0};
    auto client = synchronous_kinesis([&](const PutRecordsRequest& request) {
        begun.count_down();
        go_on.wait();
        return store(request);
    });
    std::latch refusal(1);
    for (int i = 0; i < 2; ++i) {
        client->put_records({.stream = "events", .records = one_record},
                            [&](const Expected<PutRecordsAnswer, Failure>& came) {
                                if (came) {
                                    ++stored;
                                } else {
                                    EXPECT_FALSE(came.error().may_have_been_stored);
                                    ++refused;
                                    refusal.count_down();
                                }
                            });
    }
    begun.wait();
    std::thread last_owner([&] { client.reset(); });
    refusal.wait();
    EXPECT_EQ(stored, 0);
    go_on.count_down();
    last_owner.join();
    EXPECT_EQ(stored, 1);
    EXPECT_EQ(refused, 1);
}

TEST(SynchronousKinesis, MayBeDestroyedInItsOwnDone) {
    auto client = std::make_shared<std::shared_ptr<KinesisClient>>(synchronous_kinesis(store, 2));
    KinesisClient& borrowed = **client;
    std::promise<void> call_returned;
    std::promise<void> ended;
    borrowed.put_records({.stream = "events", .records = one_record},
                         [&, client](const Expected<PutRecordsAnswer, Failure>&) {
                             call_returned.get_future().wait();
                             client->reset();
                             ended.set_value();
                         });
    call_returned.set_value();
    ended.get_future().wait();
}

TEST(SynchronousKinesis, RefusesWhatItCanNotDo) {
    for (const int threads : {0, -1, 65}) {
        try {
            (void)synchronous_kinesis(store, threads);
            FAIL() << threads;
        } catch (const DispatchError& error) {
            EXPECT_EQ(error.code(), ErrorCode::bad_option);
            EXPECT_THAT(error.what(), HasSubstr(std::to_string(threads)));
            EXPECT_THAT(error.what(), HasSubstr("1 to 64"));
        }
    }
    EXPECT_THROW((void)synchronous_kinesis({}), DispatchError);
}

}  // namespace
}  // namespace lk::kinesis
