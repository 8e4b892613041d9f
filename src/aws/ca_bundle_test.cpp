#include "aws/ca_bundle.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "aws/test_environment.hpp"
#include "aws/test_files.hpp"

namespace lk::aws {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(CaBundle, IsTheFirstThatAnythingNames) {
    const TemporaryFolder folder;
    const std::string first = folder.write("first.pem", "1");
    const std::string second = folder.write("second.pem", "2");
    const std::string third = folder.write("third.pem", "3");
    const std::string config = folder.write("config", "[default]\nca_bundle = " + third + "\n");
    std::map<std::string, std::string> variables = {{"AWS_CA_BUNDLE", second},
                                                    {"AWS_CONFIG_FILE", config}};
    const auto find = [&](std::string_view option) {
        const auto environment = environment_of(variables);
        return find_ca_bundle(option, environment, ProfileFiles::load(environment, {}).value())
            .value();
    };
    EXPECT_EQ(find(first).path, first);
    EXPECT_EQ(find(first).from, "option ca_bundle");
    EXPECT_EQ(find("").path, second);
    EXPECT_EQ(find("").from, "AWS_CA_BUNDLE");
    variables.erase("AWS_CA_BUNDLE");
    EXPECT_EQ(find("").path, third);
    EXPECT_EQ(find("").from, "ca_bundle in [default] of " + config + ", line 2");
    variables.erase("AWS_CONFIG_FILE");
    EXPECT_EQ(find("").path, "");
    EXPECT_EQ(find("").from, "");
}

TEST(CaBundle, IsRefusedByNameWhenItCanNotBeRead) {
    const TemporaryFolder folder;
    const std::string pipe = folder.path() + "/pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    for (const std::string& path :
         {folder.path() + "/none.pem", folder.path(), pipe, folder.write("empty.pem", "")}) {
        const auto found =
            find_ca_bundle("", environment_of({{"AWS_CA_BUNDLE", path}}), ProfileFiles());
        ASSERT_FALSE(found.has_value()) << path;
        EXPECT_EQ(found.error().code, ErrorCode::bad_option);
        EXPECT_THAT(found.error().message,
                    AllOf(HasSubstr("AWS_CA_BUNDLE: the file \"" + path + "\""),
                          HasSubstr("PEM certificates")));
    }
}

}  // namespace
}  // namespace lk::aws
