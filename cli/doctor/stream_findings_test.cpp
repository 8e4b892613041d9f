#include "doctor/stream_findings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lk::doctor {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* half = "170141183460469231731687303715884105728";
constexpr const char* before_half = "170141183460469231731687303715884105727";
constexpr const char* last = "340282366920938463463374607431768211455";

Shard shard(std::string id, std::string first, std::string end) {
    return {std::move(id), std::move(first), std::move(end), {}, {}, true};
}

// Answers as a test says; what is not said is fine.
class Service : public KinesisClient {
  public:
    Expected<StreamSummary, Failure> summary = StreamSummary{.stream_name = "events",
                                                             .stream_arn = "arn:of:events",
                                                             .status = "ACTIVE",
                                                             .mode = "PROVISIONED",
                                                             .encryption = "NONE",
                                                             .open_shard_count = 2};
    Expected<std::vector<Shard>, Failure> shards =
        std::vector<Shard>{shard("one", "0", before_half), shard("two", half, last)};
    Expected<PutRecordsAnswer, Failure> put =
        classify_answer(400, "InvalidArgumentException", "Invalid ExplicitHashKey.");
    std::string hash_key;

    void put_records(const PutRecordsRequest& request, PutRecordsDone done) override {
        hash_key = request.records[0].explicit_hash_key;
        EXPECT_EQ(request.records.size(), 1U);
        done(put);
    }
    void list_shards(std::string_view, ListShardsDone done) override { done(shards); }
    void describe_stream_summary(std::string_view, DescribeDone done) override { done(summary); }

    Findings look(std::chrono::milliseconds patience = 60s) {
        Findings findings;
        add_stream_findings(*this, "events", patience, findings);
        return findings;
    }
    Finding look_at(const std::string& step) {
        for (const Finding& finding : look()) {
            if (finding.step == step) return finding;
        }
        return not_looked_at(step, "no such step");
    }
};

TEST(StreamFindings, AreGoodWhereAPutWouldWork) {
    Service service;
    const Findings findings = service.look();
    EXPECT_TRUE(all_is_well(findings));
    std::vector<std::string> steps;
    for (const Finding& finding : findings) {
        steps.push_back(finding.step);
        EXPECT_EQ(finding.verdict, Verdict::good) << finding.step;
    }
    EXPECT_THAT(steps, ElementsAre("DescribeStreamSummary", "ListShards", "PutRecords", "limits",
                                   "spread"));
    EXPECT_EQ(service.hash_key, "340282366920938463463374607431768211456") << "2^128: never stored";
}

TEST(StreamFindings, APutNeedsNeitherOfTheQuestions) {
    Service service;
    service.summary = classify_answer(400, "AccessDeniedException", "no");
    service.shards = classify_answer(400, "AccessDeniedException", "no");
    EXPECT_TRUE(all_is_well(service.look()));
    EXPECT_EQ(service.look_at("DescribeStreamSummary").verdict, Verdict::doubtful);
    EXPECT_THAT(service.look_at("ListShards").mend, HasSubstr("aggregated"));
}

TEST(StreamFindings, AStreamThatTakesNoRecordsIsBad) {
    for (const auto& [status, works] : {std::pair<const char*, bool>{"ACTIVE", true},
                                        {"UPDATING", true},
                                        {"CREATING", false},
                                        {"DELETING", false}}) {
        Service service;
        service.summary->status = status;
        EXPECT_EQ(all_is_well(service.look()), works) << status;
    }
    Service service;
    service.summary = classify_answer(400, "ResourceNotFoundException", "not there");
    const Finding finding = service.look_at("DescribeStreamSummary");
    EXPECT_EQ(finding.verdict, Verdict::bad);
    EXPECT_EQ(finding.code, ErrorCode::stream_not_found);
}

TEST(StreamFindings, ThePutDecides) {
    struct Case {
        Failure failure;
        Verdict verdict;
    };
    const Case cases[] = {
        {classify_answer(400, "ValidationException", "no"), Verdict::good},
        {classify_answer(400, "AccessDeniedException", "no"), Verdict::bad},
        {classify_answer(400, "UnrecognizedClientException", "no"), Verdict::bad},
        {classify_answer(400, "ResourceNotFoundException", "no"), Verdict::bad},
        {classify_answer(400, "KMSAccessDeniedException", "no"), Verdict::bad},
        {classify_answer(400, "LimitExceededException", "no"), Verdict::doubtful},
        {classify_answer(500, "InternalFailure", "no"), Verdict::bad},
        {classify_answer(403, "", "no"), Verdict::bad},
    };
    for (const Case& one : cases) {
        Service service;
        service.put = one.failure;
        EXPECT_EQ(service.look_at("PutRecords").verdict, one.verdict) << one.failure.message;
    }
}

TEST(StreamFindings, AnAnswerForTheRecordDecidesToo) {
    Service service;
    PutRecordsAnswer stored;
    stored.add_stored("shardId-0", "1");
    service.put = stored;
    EXPECT_EQ(service.look_at("PutRecords").verdict, Verdict::doubtful);
    EXPECT_THAT(service.look_at("PutRecords").text, HasSubstr("stored"));
    PutRecordsAnswer denied;
    denied.add_failed("KMSAccessDeniedException", "the key says no");
    service.put = denied;
    EXPECT_EQ(service.look_at("PutRecords").verdict, Verdict::bad);
}

TEST(StreamFindings, AClientThatDoesNotAnswerIsNotWaitedForForEver) {
    class Silent : public Service {
      public:
        void list_shards(std::string_view, ListShardsDone done) override { kept = std::move(done); }
        ListShardsDone kept;
    };
    Silent service;
    const Findings findings = service.look(10ms);
    EXPECT_EQ(findings[1].verdict, Verdict::doubtful);
    EXPECT_THAT(findings[1].text, HasSubstr("no answer"));
}

TEST(SpreadFinding, TellsShardsThatHaveMoreThanTheirShare) {
    EXPECT_EQ(spread_finding({shard("a", "0", before_half), shard("b", half, last)}).verdict,
              Verdict::good);
    const Finding uneven = spread_finding(
        {shard("a", "0", before_half), shard("b", half, "212676479325586539664609129644855132159"),
         shard("c", "212676479325586539664609129644855132160", last)});
    EXPECT_EQ(uneven.verdict, Verdict::doubtful);
    EXPECT_THAT(uneven.text, AllOf(HasSubstr("12.50 %"), HasSubstr("50.00 %")));
    EXPECT_THAT(uneven.mend, HasSubstr("Split a"));
    EXPECT_EQ(spread_finding({}).verdict, Verdict::doubtful);
}

}  // namespace
}  // namespace lk::doctor
