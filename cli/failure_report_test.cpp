#include "cli/failure_report.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace lk::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class FailureReportTest : public testing::Test {
  protected:
    Place at(std::uint64_t line) const { return {&input_, line}; }
    static Error error(std::string message, bool perhaps = false) {
        return {ErrorCode::service, std::move(message), perhaps, 1};
    }

    const std::string input_ = "events.ndjson";
    std::vector<std::string> said_;
    FailureReport report_{[this](std::string_view line) { said_.emplace_back(line); }};
};

TEST_F(FailureReportTest, NamesFileAndLineOfALineThatIsNoEvent) {
    report_.refused(at(17), "not JSON: a quote is missing");
    report_.finish();
    EXPECT_THAT(said_, ElementsAre("events.ndjson:17: not JSON: a quote is missing"));
}

TEST_F(FailureReportTest, CountsLinesThatAreNoEventAfterTheFirstTwenty) {
    for (std::uint64_t line = 1; line <= 25; ++line) report_.refused(at(line), "not JSON");
    ASSERT_THAT(said_, SizeIs(21));
    EXPECT_EQ(said_[19], "events.ndjson:20: not JSON");
    EXPECT_THAT(said_[20], HasSubstr("only counted"));
    report_.finish();
    EXPECT_THAT(said_.back(), HasSubstr("5 more lines that are no event"));
}

TEST_F(FailureReportTest, TellsAReasonOnceAndHowManyEventsItHit) {
    for (std::uint64_t line = 3; line <= 1003; ++line) report_.failed(at(line), error("denied"));
    EXPECT_THAT(said_, ElementsAre("events.ndjson:3: denied"));
    report_.finish();
    EXPECT_THAT(said_.back(), HasSubstr("1,000 more events failed in the same way"));
    EXPECT_THAT(said_.back(), HasSubstr("events.ndjson:1003"));
}

TEST_F(FailureReportTest, TakesAReasonForTheSameWhateverTheRequest) {
    report_.failed(at(1), error("busy. Request id 1a-2b"));
    report_.failed(at(2), error("busy. Request id 3c-4d"));
    report_.failed(at(3), error("denied. Request id 5e Allow it."));
    report_.failed(at(4), error("denied. Request id 6f Allow them."));
    EXPECT_THAT(said_, ElementsAre("events.ndjson:1: busy. Request id 1a-2b",
                                   "events.ndjson:3: denied. Request id 5e Allow it.",
                                   "events.ndjson:4: denied. Request id 6f Allow them."));
}

TEST_F(FailureReportTest, SaysWhenAnEventMayBeInTheStreamAllTheSame) {
    report_.failed(at(1), error("no answer", true));
    report_.failed(at(2), error("no answer", false));
    report_.finish();
    ASSERT_THAT(said_, SizeIs(2));
    EXPECT_THAT(said_[0], HasSubstr("may have been published"));
    EXPECT_EQ(said_[1], "events.ndjson:2: no answer");
}

TEST_F(FailureReportTest, CountsReasonsAfterTheFirstTwenty) {
    for (std::uint64_t line = 1; line <= 23; ++line) {
        report_.failed(at(line), error("reason " + std::to_string(line)));
    }
    EXPECT_THAT(said_, SizeIs(20));
    report_.finish();
    EXPECT_EQ(said_.back(), "3 more events failed in other ways");
}

TEST_F(FailureReportTest, SaysNothingWhenNothingFailed) {
    report_.finish();
    EXPECT_THAT(said_, IsEmpty());
}

}  // namespace
}  // namespace lk::cli
