#include "doctor/report.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace lk::doctor {
namespace {

const Findings& some() {
    static const Findings findings = {
        {.step = "region", .text = "eu-west-1", .facts = {{"region", "eu-west-1"}}},
        {.step = "DNS",
         .verdict = Verdict::bad,
         .text = "no\x1b[2Jaddress",
         .mend = "Look it up.",
         .details = {"more"}},
        not_looked_at("TCP", "an earlier step failed"),
        {.step = "spread", .verdict = Verdict::doubtful, .text = "uneven\xff"}};
    return findings;
}

TEST(Report, IsALineAStepForPeople) {
    EXPECT_EQ(as_text(some()),
              "✓ region                  eu-west-1\n"
              "✗ DNS                     no?[2Jaddress\n"
              "                          more\n"
              "                          Look it up.\n"
              "– TCP                     an earlier step failed\n"
              "! spread                  uneven\xff\n");
}

TEST(Report, IsOneObjectForScripts) {
    const std::string text = as_json("events", some());
    EXPECT_EQ(text.back(), '\n');
    const auto told = nlohmann::json::parse(text);
    EXPECT_EQ(told.at("stream"), "events");
    EXPECT_FALSE(told.at("ok"));
    const auto& steps = told.at("steps");
    ASSERT_EQ(steps.size(), 4U);
    EXPECT_EQ(steps[0].at("verdict"), "good");
    EXPECT_EQ(steps[0].at("facts"), nlohmann::json({{"region", "eu-west-1"}}));
    EXPECT_EQ(steps[1].at("verdict"), "bad");
    EXPECT_EQ(steps[1].at("mend"), "Look it up.");
    EXPECT_EQ(steps[1].at("details"), nlohmann::json({"more"}));
    EXPECT_EQ(steps[2].at("verdict"), "not looked at");
    EXPECT_EQ(steps[3].at("verdict"), "doubtful");
    EXPECT_TRUE(nlohmann::json::parse(as_json("s", {some()[0], some()[3]})).at("ok"));
}

}  // namespace
}  // namespace lk::doctor
