#include "aws/region.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/test_environment.hpp"
#include "aws/test_files.hpp"

namespace lk::aws {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string never_asked() {
    ADD_FAILURE() << "the machine was asked, though the region was known";
    return {};
}

TEST(Region, IsTheFirstThatAnythingNames) {
    const TemporaryFolder folder;
    const std::string config = folder.write("config", "[profile dev]\nregion = profile-1\n");
    std::map<std::string, std::string> variables = {{"AWS_REGION", "first-1"},
                                                    {"AWS_DEFAULT_REGION", "second-1"},
                                                    {"AWS_PROFILE", "dev"},
                                                    {"AWS_CONFIG_FILE", config}};
    const auto find = [&](std::string_view option, const RegionOfMachine& machine) {
        const auto environment = environment_of(variables);
        return find_region(option, environment, ProfileFiles::load(environment, {}).value(),
                           machine)
            .value();
    };
    EXPECT_EQ(find("option-1", never_asked).name, "option-1");
    EXPECT_EQ(find("option-1", never_asked).from, "option region");
    EXPECT_EQ(find("", never_asked).name, "first-1");
    EXPECT_EQ(find("", never_asked).from, "AWS_REGION");
    variables.erase("AWS_REGION");
    EXPECT_EQ(find("", never_asked).name, "second-1");
    EXPECT_EQ(find("", never_asked).from, "AWS_DEFAULT_REGION");
    variables.erase("AWS_DEFAULT_REGION");
    EXPECT_EQ(find("", never_asked).name, "profile-1");
    EXPECT_EQ(find("", never_asked).from, "region in [profile dev] of " + config + ", line 2");
    variables.erase("AWS_PROFILE");
    EXPECT_EQ(find("", [] { return "machine-1"; }).name, "machine-1");
    EXPECT_EQ(find("", [] { return "machine-1"; }).from, "the instance metadata");
    EXPECT_EQ(find("", [] { return ""; }).name, "");
    EXPECT_EQ(find("", {}).name, "");
    EXPECT_EQ(find("", {}).from, "");
}

TEST(Region, RefusesWhatWouldChangeTheHostName) {
    const auto find = [](std::string_view option) {
        return find_region(option, environment_of({}), ProfileFiles());
    };
    for (const char* region : {"eu-west-1.evil.example", "eu west", "eu/west", "-eu", "eu-", "eü",
                               "eu_west", "a@b", "eu-west-1\n"}) {
        const auto found = find(region);
        ASSERT_FALSE(found.has_value()) << region;
        EXPECT_EQ(found.error().code, ErrorCode::bad_option);
        EXPECT_THAT(found.error().message, HasSubstr("option region: \""));
    }
    EXPECT_FALSE(find(std::string(64, 'a')).has_value());
    EXPECT_TRUE(find(std::string(63, 'a')).has_value());
}

TEST(Region, ABadOneIsNamedByWhereItStands) {
    const auto of_variable =
        find_region("", environment_of({{"AWS_DEFAULT_REGION", "no region"}}), ProfileFiles());
    ASSERT_FALSE(of_variable.has_value());
    EXPECT_THAT(of_variable.error().message, HasSubstr("AWS_DEFAULT_REGION: \"no region\""));

    const TemporaryFolder folder;
    const auto environment = environment_of(
        {{"AWS_CONFIG_FILE", folder.write("config", "[default]\nregion = no region\n")}});
    const auto of_profile =
        find_region("", environment, ProfileFiles::load(environment, {}).value());
    ASSERT_FALSE(of_profile.has_value());
    EXPECT_THAT(of_profile.error().message,
                AllOf(HasSubstr("region in [default] of "), HasSubstr("line 2: \"no region\"")));

    const auto of_machine =
        find_region("", environment_of({}), ProfileFiles(), [] { return "<html>"; });
    ASSERT_FALSE(of_machine.has_value());
    EXPECT_THAT(of_machine.error().message, HasSubstr("the instance metadata: \"<html>\""));
}

}  // namespace
}  // namespace lk::aws
