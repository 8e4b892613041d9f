#include "sim/report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>

#include "sim/shrink.hpp"

// The core that it is linked with is the mutant retry_is_reordered: what failed goes to the end of
// its lane.

namespace lk::sim {
namespace {

using ::testing::ContainsRegex;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Failing {
    Plan plan;
    Violation violation;
};

const Failing& failing() {
    static const Failing found = [] {
        for (std::uint64_t seed = 1; seed < 1000; ++seed) {
            Plan plan = plan_for(seed);
            const RunResult result = run(plan, false);
            if (!result.violations.empty()) return Failing{std::move(plan), result.violations[0]};
        }
        return Failing{};
    }();
    return found;
}

bool breaks(const Plan& plan, const std::string& check) {
    const RunResult result = run(plan, false);
    return std::any_of(result.violations.begin(), result.violations.end(),
                       [&](const Violation& one) { return one.check == check; });
}

TEST(Shrink, MakesARunSmallThatBreaksTheSamePromise) {
    const auto& [plan, violation] = failing();
    ASSERT_EQ(violation.check, "order_of_sending");
    const Plan small = shrink(plan, violation.check);
    EXPECT_TRUE(breaks(small, violation.check));
    EXPECT_EQ(small.seed, plan.seed);
    // Two of a key, and what makes the first of them fail: a fault, or others that get in its way.
    EXPECT_LE(small.events.size() + small.faults.size(), 5U);
    EXPECT_EQ(small.producers.size(), 1U);
    EXPECT_GE(plan.events.size() + plan.faults.size(), 20U);
}

TEST(Shrink, LeavesNothingThatCouldBeLeftOut) {
    const auto& [plan, violation] = failing();
    const Plan small = shrink(plan, violation.check);
    for (std::size_t i = 0; i < small.events.size(); ++i) {
        Plan less = small;
        less.events.erase(less.events.begin() + static_cast<std::ptrdiff_t>(i));
        EXPECT_FALSE(breaks(less, violation.check)) << "event " << i;
    }
    for (std::size_t i = 0; i < small.faults.size(); ++i) {
        Plan less = small;
        less.faults.erase(less.faults.begin() + static_cast<std::ptrdiff_t>(i));
        EXPECT_FALSE(breaks(less, violation.check)) << "fault " << i;
    }
}

TEST(Shrink, FindsTheSameAgain) {
    const auto& [plan, violation] = failing();
    const Plan small = shrink(plan, violation.check);
    const Plan again = shrink(plan, violation.check);
    EXPECT_EQ(describe(small), describe(again));
    EXPECT_EQ(run(small, false).fingerprint, run(again, false).fingerprint);
}

TEST(Shrink, LeavesARunAsItIsThatBreaksNoSuchPromise) {
    const auto& [plan, violation] = failing();
    EXPECT_EQ(describe(shrink(plan, "no such promise")), describe(plan));
}

TEST(Report, NamesTheSeedAndThePromise) {
    const auto& [plan, violation] = failing();
    EXPECT_EQ(headline(plan, violation), "seed " + std::to_string(plan.seed) +
                                             " breaks order_of_sending: " + violation.what + "\n");
    EXPECT_THAT(violation.what,
                ContainsRegex("^event [0-9]+ of key [0-9]+ of producer [0-9]+ overtakes event"));
}

// All of one line, but for a part of it.
std::string line_with(const std::string& text, const std::string& part) {
    const auto at = text.find(part);
    if (at == std::string::npos) return {};
    const auto begin = text.rfind('\n', at) + 1;
    return text.substr(begin, text.find('\n', at) - begin);
}

TEST(Report, TellsTheSmallRunStepByStep) {
    const auto& [plan, violation] = failing();
    const std::string text = explain(plan, violation.check);
    EXPECT_THAT(text, StartsWith("the smallest run found that does the same:\nseed " +
                                 std::to_string(plan.seed) + ": "));
    EXPECT_THAT(text, HasSubstr("\nproducer 0: linger "));
    // Which event overtakes which of its key, at what moment.
    const std::string broken = line_with(text, "VIOLATION of order_of_sending: ");
    const std::regex form(
        " +[0-9.]+  VIOLATION of order_of_sending: (event ([0-9]+) of key ([0-9]+) of producer 0) "
        "overtakes (event ([0-9]+) of key ([0-9]+) of producer 0)");
    std::smatch found;
    ASSERT_TRUE(std::regex_match(broken, found, form)) << text;
    EXPECT_EQ(found[3], found[6]);
    // What happened to either before.
    EXPECT_THAT(line_with(text, found[4].str() + ": not stored"), HasSubstr(", ")) << text;
    EXPECT_THAT(text, ContainsRegex("producer 0: request [0-9]+:( [0-9]+)* " + found[5].str()));
    EXPECT_THAT(text, ContainsRegex("producer 0: request [0-9]+:( [0-9]+)* " + found[2].str()));
    EXPECT_THAT(
        text, EndsWith("broken: order_of_sending: " + broken.substr(broken.find("event")) + "\n"));
}

TEST(Report, IsTheSameAgain) {
    const auto& [plan, violation] = failing();
    EXPECT_EQ(explain(plan, violation.check), explain(plan, violation.check));
}

}  // namespace
}  // namespace lk::sim
