#include <gtest/gtest.h>

#include <bit>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <lk/json.hpp>
#include <lk/nlohmann.hpp>
#include <nlohmann/json.hpp>
#include <random>

#include "event/json_text.hpp"

namespace lk {
namespace {

std::string number(double value) {
    std::string out;
    JsonWriter(out).number(value);
    return out;
}

TEST(JsonWriter, PutsCommasAndColonsWhereTheyBelong) {
    std::string out;
    JsonWriter writer(out);
    writer.begin_object();
    writer.key("title").string("a \"post\"");
    writer.key("votes").integer(-3);
    writer.key("tags").begin_array().string("x").begin_array().end_array().null().end_array();
    writer.key("empty").begin_object().end_object();
    writer.key("big").unsigned_integer(std::numeric_limits<std::uint64_t>::max());
    writer.key("least").integer(std::numeric_limits<std::int64_t>::min());
    writer.key("raw").raw(R"({"a":1})").key("yes").boolean(true).key("no").boolean(false);
    writer.key("\n").number(0.5);
    writer.end_object();
    EXPECT_EQ(out, R"({"title":"a \"post\"","votes":-3,"tags":["x",[],null],"empty":{},)"
                   R"("big":18446744073709551615,"least":-9223372036854775808,)"
                   R"("raw":{"a":1},"yes":true,"no":false,"\n":0.5})");
}

TEST(JsonWriter, WritesAtTheEndOfWhatIsThere) {
    std::string out = "[1,";
    JsonWriter(out).begin_array().integer(2).integer(3).end_array();
    EXPECT_EQ(out, "[1,[2,3]");
}

TEST(JsonWriter, WhatWasForgottenIsFoundByTheCheck) {
    std::string out;
    JsonWriter(out).begin_object().key("a").begin_array().integer(1).end_array();
    EXPECT_FALSE(event::JsonChecker().compact(out));
    out.clear();
    JsonWriter(out).integer(1).integer(2);
    EXPECT_FALSE(event::JsonChecker().compact(out));
    out.clear();
    JsonWriter(out).string("\xFF");
    EXPECT_FALSE(event::JsonChecker().compact(out));
}

TEST(JsonWriter, WritesNumbersAsJavaScriptDoes) {
    std::ifstream file(LK_GOLDEN_DIR "/js-numbers.json");
    const nlohmann::json pairs = nlohmann::json::parse(file);
    ASSERT_GT(pairs.size(), 2'000U);
    for (const auto& pair : pairs) {
        const auto bits = std::strtoull(pair.at(0).get<std::string>().c_str(), nullptr, 16);
        const double value = std::bit_cast<double>(std::uint64_t{bits});
        ASSERT_EQ(number(value), pair.at(1).get<std::string>()) << pair.at(0);
    }
}

TEST(JsonWriter, ChangesTheFormOfANumberWhereJavaScriptDoes) {
    EXPECT_EQ(number(0.0), "0");
    EXPECT_EQ(number(-0.0), "0");
    EXPECT_EQ(number(1.0), "1");
    EXPECT_EQ(number(-1.5), "-1.5");
    EXPECT_EQ(number(123456789012345680000.0), "123456789012345680000");
    EXPECT_EQ(number(1e21), "1e+21");
    EXPECT_EQ(number(-1.25e21), "-1.25e+21");
    EXPECT_EQ(number(0.000001), "0.000001");
    EXPECT_EQ(number(1e-7), "1e-7");
    EXPECT_EQ(number(-1.5e-7), "-1.5e-7");
    EXPECT_EQ(number(1e100), "1e+100");
    EXPECT_EQ(number(std::numeric_limits<double>::max()), "1.7976931348623157e+308");
    EXPECT_EQ(number(std::numeric_limits<double>::denorm_min()), "5e-324");
    EXPECT_EQ(number(std::numeric_limits<double>::infinity()), "null");
    EXPECT_EQ(number(-std::numeric_limits<double>::infinity()), "null");
    EXPECT_EQ(number(std::numeric_limits<double>::quiet_NaN()), "null");
}

TEST(JsonWriter, EveryFiniteNumberReadsBackTheSame) {
    std::mt19937_64 random(5);
    for (int round = 0; round < 200'000; ++round) {
        const double value = std::bit_cast<double>(std::uint64_t{random()});
        const std::string text = number(value);
        if (text == "null") continue;
        ASSERT_EQ(std::strtod(text.c_str(), nullptr), value) << text;
        ASSERT_TRUE(event::JsonChecker().compact(text)) << text;
    }
}

TEST(NlohmannAdapter, WritesEachKindOfValue) {
    const auto value = nlohmann::ordered_json::parse(
        R"({"z":[1,-2,18446744073709551615,1.0,1e21],"a":{"t":true,"f":false,"n":null},"é":"\u0001😀"})");
    std::string out;
    JsonWriter writer(out);
    to_event_data(writer, value);
    EXPECT_EQ(
        out,
        R"({"z":[1,-2,18446744073709551615,1,1e+21],"a":{"t":true,"f":false,"n":null},"é":"\u0001😀"})");
}

TEST(NlohmannAdapter, BinaryValuesAreNoJson) {
    std::string out;
    JsonWriter writer(out);
    to_event_data(writer, nlohmann::json{{"a", nlohmann::json::binary({1, 2})}});
    EXPECT_FALSE(event::JsonChecker().compact(out));
}

}  // namespace
}  // namespace lk
