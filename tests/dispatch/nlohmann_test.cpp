#include <lk/nlohmann.hpp>

#include "fixture.hpp"

namespace lk {
namespace {

using NlohmannData = DispatchTest;

nlohmann::json nested_arrays(int levels) {
    nlohmann::json value = nlohmann::json::array();
    for (int level = 1; level < levels; ++level) {
        auto around = nlohmann::json::array();
        around.push_back(std::move(value));
        value = std::move(around);
    }
    return value;
}

nlohmann::json nested_objects(int levels) {
    nlohmann::json value = nlohmann::json::object();
    for (int level = 1; level < levels; ++level) {
        auto around = nlohmann::json::object();
        around["a"] = std::move(value);
        value = std::move(around);
    }
    return value;
}

TEST_F(NlohmannData, MayNestAsDeepAsTextMay) {
    auto dispatch = get_dispatch(options());
    for (const auto& value : {nested_arrays(1024), nested_objects(1024)}) {
        const Outcome outcome = dispatch("t", value).wait();
        ASSERT_TRUE(outcome) << outcome.error().message;
        EXPECT_EQ(outcome->data, value.dump());
    }
}

TEST_F(NlohmannData, OneLevelDeeperIsRefused) {
    auto dispatch = get_dispatch(options());
    for (const auto& value : {nested_arrays(1025), nested_objects(1025)}) {
        const Outcome outcome = dispatch("t", value).wait();
        ASSERT_FALSE(outcome);
        EXPECT_EQ(outcome.error().code, ErrorCode::not_json);
        EXPECT_THAT(outcome.error().message, ::testing::HasSubstr("1024"));
    }
}

TEST_F(NlohmannData, AMillionLevelsAreRefusedAndNoStackIsUsedUp) {
    auto dispatch = get_dispatch(options());
    for (const auto& value : {nested_arrays(1'000'000), nested_objects(1'000'000)}) {
        EXPECT_EQ(dispatch("t", value).wait().error().code, ErrorCode::not_json);
    }
}

}  // namespace
}  // namespace lk
