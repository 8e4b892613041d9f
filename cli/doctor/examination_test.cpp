#include "doctor/examination.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "doctor/report.hpp"
#include "kinesis/test_client.hpp"

namespace lk::doctor {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// A far end that speaks as Kinesis does, and a machine from which a put would go there.
class Examination : public ::testing::Test {
  protected:
    Examination() {
        variables = {{"AWS_ENDPOINT_URL", service.url()},
                     {"AWS_REGION", kinesis::test_region},
                     {"AWS_ACCESS_KEY_ID", kinesis::test_key_id},
                     {"AWS_SECRET_ACCESS_KEY", kinesis::test_secret},
                     {"AWS_CONFIG_FILE", "/dev/null"},
                     {"AWS_SHARED_CREDENTIALS_FILE", "/dev/null"}};
    }

    Findings examine_as(const AwsKinesisOptions& options = {},
                        const std::string& stream = "events") {
        const auto environment = [this](const char* name) {
            const auto found = variables.find(name);
            return found == variables.end() ? std::string() : found->second;
        };
        kinesis::Findings found;
        auto client =
            kinesis::open_aws_client(detail::settings_of(options), environment, {}, &found);
        return examine({std::move(client), std::move(found)}, stream);
    }
    static std::map<std::string, Finding> by_step(const Findings& findings) {
        std::map<std::string, Finding> found;
        for (const Finding& finding : findings) found[finding.step] = finding;
        return found;
    }

    void serve(http::ScriptedConnection& connection) {
        while (const auto request = connection.read_request()) {
            const std::string headers = "Date: " + date + "\r\n";
            if (request->first_line.starts_with("GET ")) {
                connection.answer(404, "", headers);
                continue;
            }
            EXPECT_EQ(kinesis::problem_of_signature(*request), "");
            const std::string operation = kinesis::operation_of(*request);
            if (denied.contains(operation)) {
                kinesis::answer_with_error(connection, 400, "AccessDeniedException", "no", headers);
            } else if (operation == "DescribeStreamSummary") {
                kinesis::answer_with(connection, wire::Encoding::cbor, 200,
                                     {{"StreamDescriptionSummary",
                                       {{"StreamName", "events"},
                                        {"StreamStatus", "ACTIVE"},
                                        {"OpenShardCount", 1}}}},
                                     headers);
            } else if (operation == "ListShards") {
                kinesis::answer_with(connection, wire::Encoding::cbor, 200, {{"Shards", shards()}},
                                     headers);
            } else {
                kinesis::answer_with_error(connection, 400, "InvalidArgumentException",
                                           "Invalid ExplicitHashKey.", headers);
            }
        }
    }
    static wire::Document shards() {
        return wire::Document::array(
            {{{"ShardId", "shardId-000000000000"},
              {"HashKeyRange",
               {{"StartingHashKey", "0"},
                {"EndingHashKey", "340282366920938463463374607431768211455"}}},
              {"SequenceNumberRange", {{"StartingSequenceNumber", "1"}}}}});
    }

    std::string date = "Mon, 21 Sep 2026 14:13:20 GMT";
    std::map<std::string, bool> denied;
    http::ScriptedServer service{[this](auto& connection) { serve(connection); }};
    std::map<std::string, std::string> variables;
};

TEST_F(Examination, GoesTheWayOfAPut) {
    const Findings findings = examine_as();
    EXPECT_TRUE(all_is_well(findings)) << as_text(findings);
    std::vector<std::string> steps;
    for (const Finding& finding : findings) steps.push_back(finding.step);
    EXPECT_THAT(steps, testing::ElementsAre("profile", "region", "endpoint", "trust", "credentials",
                                            "DNS", "TCP", "clock", "DescribeStreamSummary",
                                            "ListShards", "PutRecords", "limits", "spread"));
    auto found = by_step(findings);
    EXPECT_THAT(found["endpoint"].text, HasSubstr("AWS_ENDPOINT_URL"));
    EXPECT_THAT(found["credentials"].text, HasSubstr("environment"));
    EXPECT_THAT(as_text(findings), Not(HasSubstr(kinesis::test_secret)));
    EXPECT_THAT(as_text(findings), Not(HasSubstr(kinesis::test_key_id)));
}

TEST_F(Examination, SaysHowFarTheClockIsOff) {
    date = "Mon, 21 Sep 2020 14:13:20 GMT";
    auto found = by_step(examine_as());
    EXPECT_EQ(found["clock"].verdict, Verdict::doubtful);
    EXPECT_THAT(found["clock"].text, HasSubstr("s ahead of the service's"));
    EXPECT_THAT(found["clock"].mend, HasSubstr("clock"));
    date = "Wed, 21 Sep 2050 14:13:20 GMT";
    EXPECT_THAT(by_step(examine_as())["clock"].text, HasSubstr("s behind the service's"));
    date = "someday";
    EXPECT_EQ(by_step(examine_as())["clock"].verdict, Verdict::doubtful);
}

TEST_F(Examination, NamesTheActionThatIsMissing) {
    denied["PutRecords"] = denied["ListShards"] = true;
    const Findings findings = examine_as();
    EXPECT_FALSE(all_is_well(findings));
    auto found = by_step(findings);
    EXPECT_EQ(found["PutRecords"].verdict, Verdict::bad);
    EXPECT_EQ(found["PutRecords"].code, ErrorCode::access_denied);
    EXPECT_THAT(found["PutRecords"].text, HasSubstr("kinesis:PutRecords"));
    EXPECT_EQ(found["ListShards"].verdict, Verdict::doubtful);
    EXPECT_THAT(found["ListShards"].text, HasSubstr("kinesis:ListShards"));
}

TEST_F(Examination, LooksNoFurtherThanTheStepThatFailed) {
    variables.erase("AWS_ACCESS_KEY_ID");
    variables.erase("AWS_SECRET_ACCESS_KEY");
    variables["AWS_EC2_METADATA_DISABLED"] = "true";
    auto found = by_step(examine_as());
    EXPECT_EQ(found["credentials"].verdict, Verdict::bad);
    EXPECT_GE(found["credentials"].details.size(), 4U) << "each place is named";
    EXPECT_EQ(found["TCP"].verdict, Verdict::good) << "the network needs no credentials";
    EXPECT_EQ(found["PutRecords"].verdict, Verdict::not_looked_at);

    variables["AWS_CA_BUNDLE"] = "/nowhere/ca.pem";
    found = by_step(examine_as());
    EXPECT_EQ(found["trust"].verdict, Verdict::bad);
    EXPECT_EQ(found["credentials"].verdict, Verdict::not_looked_at);
    EXPECT_EQ(found["TCP"].verdict, Verdict::not_looked_at);

    variables["AWS_REGION"] = "not/a/region";
    found = by_step(examine_as());
    EXPECT_EQ(found["endpoint"].verdict, Verdict::bad);
    EXPECT_EQ(found["trust"].verdict, Verdict::not_looked_at);

    found = by_step(examine_as({.profile = "nobody"}));
    EXPECT_EQ(found["profile"].verdict, Verdict::bad);
    EXPECT_EQ(found["region"].verdict, Verdict::not_looked_at);
}

TEST_F(Examination, RefusesAnArnOfAnotherRegion) {
    variables.erase("AWS_ENDPOINT_URL");
    const auto found =
        by_step(examine_as({}, "arn:aws:kinesis:us-east-1:111122223333:stream/events"));
    EXPECT_EQ(found.at("endpoint").verdict, Verdict::bad);
    EXPECT_THAT(found.at("endpoint").text, HasSubstr("us-east-1"));
    EXPECT_EQ(found.at("DNS").verdict, Verdict::not_looked_at);
}

}  // namespace
}  // namespace lk::doctor
