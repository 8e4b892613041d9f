#include "local/faults/read_fault_plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/test_directory.hpp"

namespace lk::local {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using namespace std::chrono_literals;

FaultPlan plan(std::string_view text) {
    auto read = read_fault_plan(text);
    if (!read) throw std::runtime_error(read.error().message);
    return std::move(read).value();
}

FaultRule rule(const std::string& members) {
    return plan("{\"rules\": [{" + members + "}]}").rules.at(0);
}

std::string refused(const std::string& text) {
    const auto read = read_fault_plan(text);
    if (read) return "it was taken";
    EXPECT_EQ(read.error().code, ErrorCode::bad_option);
    return read.error().message;
}

std::string refused_rule(const std::string& members) {
    return refused("{\"rules\": [{\"do\": {\"delay_ms\": 1}}, {" + members + "}]}");
}

TEST(FaultPlan, ReadsEveryMemberOfACondition) {
    const FaultRule read = rule(R"("on": {"operation": "PutRecords", "stream": "s",
        "shard": "shardId-000000000003", "partition_key": "k", "request": 7,
        "record": {"first": 2, "every": 3, "last": 9}},
        "probability": 0.5, "times": 4, "do": {"delay_ms": 20})");
    EXPECT_EQ(read.on.operation, "PutRecords");
    EXPECT_EQ(read.on.stream, "s");
    EXPECT_EQ(read.on.shard, 3);
    EXPECT_EQ(read.on.partition_key, "k");
    EXPECT_EQ(read.on.request.first, 7);
    EXPECT_EQ(read.on.request.last, 7);
    EXPECT_EQ(read.on.record->first, 2);
    EXPECT_EQ(read.on.record->every, 3);
    EXPECT_EQ(read.on.record->last, 9);
    EXPECT_EQ(read.probability, 0.5);
    EXPECT_EQ(read.times, 4);
    EXPECT_EQ(read.delay_before_commit, 20ms);
}

TEST(FaultPlan, TakesEveryRequestWhereNothingIsSaid) {
    const FaultRule read = rule(R"("do": {"reset": "before_commit"})");
    EXPECT_FALSE(read.on.operation || read.on.stream || read.on.shard || read.on.partition_key ||
                 read.on.record);
    EXPECT_TRUE(read.on.request.contain(1));
    EXPECT_TRUE(read.on.request.contain(1'000'000));
    EXPECT_EQ(read.probability, 1);
    EXPECT_EQ(plan(R"({"rules": []})").seed, 0U);
    EXPECT_EQ(plan(R"({"rules": [], "seed": 5})").seed, 5U);
}

TEST(FaultPlan, ReadsEveryFault) {
    const auto answer = [](const std::string& act) {
        return rule("\"do\": {" + act + "}").answer.value();
    };
    const AnswerFault full =
        answer(R"("error": {"code": "Odd", "message": "m", "status": 418, "commit": true})");
    EXPECT_EQ(std::get<AnswerError>(full.kind).code, "Odd");
    EXPECT_EQ(std::get<AnswerError>(full.kind).message, "m");
    EXPECT_EQ(std::get<AnswerError>(full.kind).status, 418);
    EXPECT_TRUE(full.commit);
    const AnswerFault brief = answer(R"("error": "ServiceUnavailable")");
    EXPECT_EQ(std::get<AnswerError>(brief.kind).status, 503);
    EXPECT_FALSE(brief.commit);
    EXPECT_FALSE(answer(R"("reset": "before_commit")").commit);
    EXPECT_TRUE(answer(R"("reset": "after_commit")").commit);
    EXPECT_TRUE(std::holds_alternative<Close>(answer(R"("close": "after_commit")").kind));
    EXPECT_EQ(std::get<Truncate>(answer(R"("truncate": 12)").kind).body_bytes, 12U);
    EXPECT_EQ(std::get<Garbage>(answer(R"("garbage": "<html>")").kind).body, "<html>");
    EXPECT_EQ(std::get<WrongCount>(answer(R"("wrong_count": -2)").kind).more, -2);
    EXPECT_TRUE(std::holds_alternative<UnknownShards>(answer(R"("unknown_shards": true)").kind));
    const FaultRule record =
        rule(R"("do": {"record_error": {"code": "InternalFailure", "commit": true}})");
    EXPECT_EQ(record.record->code, "InternalFailure");
    EXPECT_TRUE(record.record->commit);
    const FaultRule delay =
        rule(R"("do": {"delay_ms": {"before_commit": 1, "after_commit": 2}, "truncate": 0})");
    EXPECT_EQ(delay.delay_before_commit, 1ms);
    EXPECT_EQ(delay.delay_after_commit, 2ms);
}

TEST(FaultPlan, NamesTheMemberItsValueAndWhatItMayBe) {
    const std::string act = R"("do": {"delay_ms": 1})";
    EXPECT_THAT(refused_rule(R"("times": 0, )" + act),
                AllOf(HasSubstr("rules[1].times is 0"), HasSubstr("whole number from 1 to")));
    EXPECT_THAT(refused_rule(R"("probability": 1.5, )" + act),
                HasSubstr("rules[1].probability is 1.5; it must be a number from 0 to 1"));
    EXPECT_THAT(refused_rule(R"("on": {"operation": "PutRecord5"}, )" + act),
                AllOf(HasSubstr("rules[1].on.operation is \"PutRecord5\""),
                      HasSubstr("one of PutRecords, ")));
    EXPECT_THAT(refused_rule(R"("on": {"shard": "first"}, )" + act),
                HasSubstr("such as shardId-000000000003"));
    EXPECT_THAT(refused_rule(R"("on": {"stream": "no name"}, )" + act), HasSubstr("on.stream"));
    EXPECT_THAT(refused_rule(R"("on": {"request": {"first": 5, "last": 4}}, )" + act),
                HasSubstr("rules[1].on.request.last is 4; it must be a whole number from 5"));
    EXPECT_THAT(refused_rule(R"("when": {}, )" + act),
                HasSubstr("rules[1].when is not known; the members there are on, probability"));
    EXPECT_THAT(refused_rule(R"("on": [], )" + act), HasSubstr("rules[1].on is []"));
    EXPECT_THAT(refused_rule(""), HasSubstr("rules[1].do is absent"));
    EXPECT_THAT(refused_rule(R"("do": {})"), HasSubstr("a rule must do something"));
    EXPECT_THAT(refused_rule(R"("do": {"delay_ms": 600001})"), HasSubstr("0 to 600000"));
    EXPECT_THAT(refused_rule(R"("do": {"error": {"code": "A", "status": 200}})"),
                HasSubstr("rules[1].do.error.status is 200; it must be a whole number from 400"));
    EXPECT_THAT(refused_rule(R"("do": {"error": "two\r\nlines"})"),
                HasSubstr("rules[1].do.error.code"));
    EXPECT_THAT(refused_rule(R"("do": {"reset": "later"})"),
                HasSubstr("\"before_commit\" or \"after_commit\""));
    EXPECT_THAT(refused_rule(R"("do": {"wrong_count": 0})"), HasSubstr("other than 0"));
    EXPECT_THAT(refused_rule(R"("do": {"unknown_shards": false})"), HasSubstr("must be true"));
    EXPECT_THAT(refused_rule(R"("do": {"reset": "after_commit", "truncate": 1})"),
                HasSubstr("this one has reset already"));
    EXPECT_THAT(refused_rule(R"("on": {"operation": "GetRecords"}, "do": {"record_error": "Odd"})"),
                HasSubstr("absent or PutRecord or PutRecords, because of the rule's record_error"));
}

TEST(FaultPlan, RefusesWhatIsNoPlan) {
    EXPECT_THAT(refused("{"), HasSubstr("JSON at byte"));
    EXPECT_THAT(refused("[]"), HasSubstr("it is []; it must be a JSON object"));
    EXPECT_THAT(refused("{}"), HasSubstr("rules is absent; it must be a list"));
    EXPECT_THAT(refused(R"({"rules": {}})"), HasSubstr("rules is {}"));
    EXPECT_THAT(refused(R"({"rules": [], "rules": []})"), HasSubstr("occurred before"));
    EXPECT_THAT(refused(R"({"rules": [7]})"), HasSubstr("rules[0] is 7"));
    EXPECT_THAT(refused(R"({"rules": [], "seed": 99999999999999999999})"), HasSubstr("seed is"));
    EXPECT_THAT(refused(std::string(40, '[')), HasSubstr("nested more than 32"));
}

TEST(FaultPlan, RefusesTooMuchBeforeItReadsIt) {
    EXPECT_THAT(refused(std::string(1024 * 1024 + 1, ' ')), HasSubstr("1048577 bytes"));
    std::string rules = "{\"rules\": [";
    for (int count = 0; count <= 1000; ++count) {
        rules += R"({"do":{"delay_ms":1}})" + std::string(count < 1000 ? "," : "]}");
    }
    EXPECT_THAT(refused(rules), HasSubstr("up to 1,000 rules"));
}

TEST(FaultPlan, IsTextOrAFile) {
    const TestDirectory directory;
    directory.write("plan.json", R"( {"rules": [{"do": {"delay_ms": 1}}]})");
    EXPECT_THAT(load_fault_plan(directory.path() + "/plan.json").value().rules, SizeIs(1));
    EXPECT_THAT(load_fault_plan(" \n{\"rules\": []}").value().rules, IsEmpty());
    EXPECT_THAT(load_fault_plan(" \n").value().rules, IsEmpty());
    EXPECT_THAT(load_fault_plan(directory.path() + "/none.json").error().message,
                AllOf(HasSubstr("none.json"), HasSubstr("give the name of a JSON file")));
    EXPECT_THAT(load_fault_plan(directory.path()).error().message, HasSubstr(directory.path()));
}

}  // namespace
}  // namespace lk::local
