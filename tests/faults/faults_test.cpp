#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "run.hpp"

namespace lk::faults {
namespace {

using ::testing::HasSubstr;

std::shared_ptr<LocalKinesis> faulty(const std::string& rules, bool tls = false) {
    return local_kinesis({.streams = {{"events", 4}},
                          .tls = tls,
                          .faults = R"({"seed": 1, "rules": [)" + rules + "]}"});
}

// Every fault that may be survived, a few times amid the run. Not oftener: retries are kept to a
// share of all requests, so that a stream that fails all the time is sent to slowly.
struct Survivable {
    const char* name;
    const char* rule;
    /// Whether it leaves in doubt what was stored, so that there may be flagged events.
    bool in_doubt;
};

std::string a_few_times(const std::string& act) {
    return R"({"on": {"operation": "PutRecords", "request": {"first": 2, "every": 3}}, "times": 4, "do": {)" +
           act + "}}";
}

class SurvivableFault : public ::testing::TestWithParam<Survivable> {};

const std::string error_before = a_few_times(R"("error": "InternalFailure")");
const std::string error_after =
    a_few_times(R"("error": {"code": "InternalFailure", "commit": true})");
const std::string throttled = a_few_times(R"("error": "ThrottlingException")");
const std::string unavailable = a_few_times(R"("error": "ServiceUnavailable")");
const std::string reset_before = a_few_times(R"("reset": "before_commit")");
const std::string reset_after = a_few_times(R"("reset": "after_commit")");
const std::string close_before = a_few_times(R"("close": "before_commit")");
const std::string close_after = a_few_times(R"("close": "after_commit")");
const std::string truncated = a_few_times(R"("truncate": 20)");
const std::string empty_answer = a_few_times(R"("truncate": 0)");
const std::string garbage = a_few_times(R"("garbage": "<html>a proxy's page</html>")");
const std::string too_many = a_few_times(R"("wrong_count": 1)");
const std::string too_few = a_few_times(R"("wrong_count": -1)");
const std::string delays = a_few_times(R"("delay_ms": {"before_commit": 30, "after_commit": 30})");
const std::string slow_shard =
    R"({"on": {"shard": "shardId-000000000002", "operation": "PutRecords"}, "probability": 0.3, "times": 4,
        "do": {"record_error": "ProvisionedThroughputExceededException"}})";
const std::string slow_key =
    R"({"on": {"partition_key": "key-3"}, "times": 4,
        "do": {"record_error": "ProvisionedThroughputExceededException"}})";
const std::string half_stored =
    R"({"on": {"record": {"first": 2, "every": 20}}, "times": 2,
        "do": {"record_error": {"code": "InternalFailure", "commit": true}}})";

TEST_P(SurvivableFault, LosesNothingAndKeepsEveryKeysOrder) {
    const auto kinesis = faulty(GetParam().rule);
    const DispatchRun run = dispatch_all(kinesis);
    EXPECT_EQ(run.published(), run.events.size());
    const bool only_slow = GetParam().rule == delays;
    EXPECT_EQ(run.sent_again() > 0, !only_slow) << "the fault met nobody, or somebody it must not";
    if (!GetParam().in_doubt) {
        EXPECT_EQ(run.flagged(), 0U);
    }
    expect_as_promised(*kinesis, run);
}

INSTANTIATE_TEST_SUITE_P(
    , SurvivableFault,
    ::testing::Values(Survivable{"ErrorBeforeCommit", error_before.c_str(), true},
                      Survivable{"ErrorAfterCommit", error_after.c_str(), true},
                      Survivable{"Throttled", throttled.c_str(), false},
                      Survivable{"Unavailable", unavailable.c_str(), true},
                      Survivable{"ResetBeforeCommit", reset_before.c_str(), true},
                      Survivable{"ResetAfterCommit", reset_after.c_str(), true},
                      Survivable{"CloseBeforeCommit", close_before.c_str(), true},
                      Survivable{"CloseAfterCommit", close_after.c_str(), true},
                      Survivable{"Truncated", truncated.c_str(), true},
                      Survivable{"EmptyAnswer", empty_answer.c_str(), true},
                      Survivable{"Garbage", garbage.c_str(), true},
                      Survivable{"TooManyEntries", too_many.c_str(), true},
                      Survivable{"TooFewEntries", too_few.c_str(), true},
                      Survivable{"Delays", delays.c_str(), false},
                      Survivable{"SlowShard", slow_shard.c_str(), false},
                      Survivable{"SlowKey", slow_key.c_str(), false},
                      Survivable{"RecordsStoredAndAnsweredAsFailed", half_stored.c_str(), true}),
    [](const auto& run) { return run.param.name; });

// The stream names ever new shards, which it never lists, in what it stores and in what it
// throttles.
TEST(Faults, OfAStreamThatInventsShardsMakeNothingBeSentAgain) {
    const RunOptions situations[] = {{},
                                     {.aggregate_bytes = 4000},
                                     {.max_rate_per_shard = 1000},
                                     {.aggregate_bytes = 4000, .max_rate_per_shard = 1000}};
    for (const bool lists : {true, false}) {
        const std::string not_listed =
            R"(, {"on": {"operation": "ListShards"}, "do": {"error": "AccessDeniedException"}})";
        for (const RunOptions& situation : situations) {
            const auto kinesis =
                faulty(R"({"on": {"operation": "PutRecords"}, "do": {"unknown_shards": true}})" +
                       (lists ? "" : not_listed));
            const DispatchRun run = dispatch_all(kinesis, situation);
            EXPECT_EQ(run.published(), run.events.size());
            EXPECT_EQ(run.sent_again(), 0U);
            EXPECT_TRUE(run.events[0].outcome->shard_id.starts_with("shardId-9"));
            expect_as_promised(*kinesis, run);
        }
    }
}

TEST(Faults, OfAShardThatThereIsNotHoldNobodyUp) {
    const auto kinesis = faulty(
        R"({"on": {"record": {"first": 2, "every": 20}}, "times": 4,
            "do": {"record_error": {"code": "ProvisionedThroughputExceededException",
                                    "message": "Rate exceeded for shard shardId-000000009999."}}})");
    const DispatchRun run = dispatch_all(kinesis, {.aggregate_bytes = 1024});
    EXPECT_EQ(run.published(), run.events.size());
    EXPECT_GT(run.sent_again(), 0U);
    EXPECT_EQ(run.flagged(), 0U);
    expect_as_promised(*kinesis, run);
}

TEST(Faults, DoNoHarmOverTlsEither) {
    const auto kinesis = faulty(reset_after + "," + slow_shard + "," + truncated, true);
    const DispatchRun run = dispatch_all(kinesis);
    EXPECT_EQ(run.published(), run.events.size());
    expect_as_promised(*kinesis, run);
}

TEST(Faults, LeaveADuplicateThatIsFlagged) {
    const auto kinesis = faulty(
        R"({"on": {"operation": "PutRecords"}, "times": 1, "do": {"reset": "after_commit"}})");
    const DispatchRun run = dispatch_all(kinesis, {.events = 1});
    ASSERT_EQ(run.published(), 1U);
    EXPECT_EQ(run.flagged(), 1U);
    EXPECT_EQ(stored(*kinesis).at("event-0").size(), 2U);
    expect_as_promised(*kinesis, run);
}

TEST(Faults, LeaveADuplicateBehindARequestThatWasGivenUpOn) {
    const auto kinesis = faulty(
        R"({"on": {"operation": "PutRecords"}, "times": 1, "do": {"delay_ms": {"after_commit": 60000}}})");
    const DispatchRun run =
        dispatch_all(kinesis, {.events = 1, .request_timeout = std::chrono::seconds(2)});
    ASSERT_EQ(run.published(), 1U);
    EXPECT_EQ(run.flagged(), 1U);
    EXPECT_EQ(stored(*kinesis).at("event-0").size(), 2U);
    expect_as_promised(*kinesis, run);
}

TEST(Faults, LeaveADuplicateWhereARequestIsStoredAfterItWasGivenUpOn) {
    const auto kinesis = faulty(
        R"({"on": {"operation": "PutRecords"}, "times": 1, "do": {"delay_ms": {"before_commit": 6000}}})");
    const DispatchRun run =
        dispatch_all(kinesis, {.events = 1, .request_timeout = std::chrono::seconds(2)});
    ASSERT_EQ(run.published(), 1U);
    EXPECT_EQ(run.flagged(), 1U);
    // The first attempt is stored long after the second was acknowledged.
    const auto until = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (stored(*kinesis).at("event-0").size() < 2 && std::chrono::steady_clock::now() < until) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    EXPECT_EQ(stored(*kinesis).at("event-0").size(), 2U);
    EXPECT_TRUE(
        stored(*kinesis).at("event-0").front().starts_with(run.events[0].outcome->sequence_number))
        << "the late copy stands behind the one that was told";
    expect_as_promised(*kinesis, run);
}

TEST(Faults, FailWhatTheyFailForGoodAndNothingElse) {
    const auto kinesis = faulty(
        R"({"on": {"partition_key": "key-5"}, "do": {"record_error": "AccessDeniedException"}})");
    const DispatchRun run = dispatch_all(kinesis);
    EXPECT_EQ(run.failed(), 10U);
    EXPECT_EQ(run.published(), 590U);
    for (const DispatchRun::Sent& event : run.events)
        EXPECT_EQ(!event.outcome, event.key == "key-5");
    expect_as_promised(*kinesis, run);
}

TEST(Faults, AreTurnedOnAndOffWhileItRuns) {
    const auto kinesis = local_kinesis({.streams = {{"events", 4}}});
    EXPECT_EQ(dispatch_all(kinesis, {.events = 1}).published(), 1U);
    ASSERT_FALSE(kinesis->set_faults(
        R"({"rules": [{"on": {"operation": "PutRecords"}, "do": {"error": "AccessDeniedException"}}]})"));
    const DispatchRun broken = dispatch_all(kinesis, {.events = 3});
    EXPECT_EQ(broken.failed(), 3U);
    EXPECT_EQ(broken.events[0].outcome.error().code, ErrorCode::access_denied);
    ASSERT_FALSE(kinesis->set_faults({}));
    EXPECT_EQ(dispatch_all(kinesis, {.events = 3}).published(), 3U);
}

TEST(Faults, AreRefusedByName) {
    const auto made = try_local_kinesis({.faults = R"({"rules": [{"do": {"reset": "now"}}]})"});
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, ErrorCode::bad_option);
    EXPECT_THAT(made.error().message, HasSubstr("rules[0].do.reset is \"now\""));
    const auto kinesis = local_kinesis();
    EXPECT_THAT(kinesis->set_faults("/no/such/plan.json")->message, HasSubstr("plan.json"));
}

TEST(LocalKinesisInAForkedChild, IsLetGoOfWithoutHarmToTheParents) {
    auto kinesis = local_kinesis({.streams = {{"events", 1}}});
    EXPECT_EQ(dispatch_all(kinesis, {.events = 3}).published(), 3U);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        ::alarm(30);
        kinesis.reset();
        ::_exit(0);
    }
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
    const DispatchRun run = dispatch_all(kinesis, {.events = 3});
    EXPECT_EQ(run.published(), 3U);
}

}  // namespace
}  // namespace lk::faults
