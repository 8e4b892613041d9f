#include "aws/user_agent.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/test_environment.hpp"
#include "aws/test_files.hpp"

namespace lk::aws {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

TEST(UserAgent, HasTheFormOfAwssSdks) {
    EXPECT_THAT(user_agent("1.2.3", "shop"),
                MatchesRegex("lk-dispatch/1\\.2\\.3 ua/2\\.1 os/linux#[^ #/]+ lang/c\\+\\+#20 "
                             "app/shop"));
}

TEST(UserAgent, HasNoApplicationWithoutAnId) {
    EXPECT_THAT(user_agent("1.2.3", ""), EndsWith("lang/c++#20"));
}

TEST(UserAgent, LetsNothingOutOfAnIdThatCouldBreakTheHeader) {
    EXPECT_THAT(user_agent("1", "a b/c#d,e\r\nX-Evil: \"1\"(ü)\x7F"),
                EndsWith(" app/a-b-c-d-e--X-Evil---1------"));
    EXPECT_THAT(user_agent("1", "!$%&'*+-.^_`|~09azAZ"), EndsWith(" app/!$%&'*+-.^_`|~09azAZ"));
}

TEST(UserAgent, CutsALongIdOff) {
    EXPECT_THAT(user_agent("1", std::string(50, 'a') + "b"), EndsWith("/" + std::string(50, 'a')));
    EXPECT_THAT(user_agent("1", std::string(100'000, 'b')), Not(HasSubstr(std::string(51, 'b'))));
}

TEST(ApplicationId, IsTheFirstThatAnythingGives) {
    const TemporaryFolder folder;
    std::map<std::string, std::string> variables = {
        {"AWS_SDK_UA_APP_ID", "of-variable"},
        {"AWS_CONFIG_FILE", folder.write("config", "[default]\nsdk_ua_app_id = of-profile\n")}};
    const auto find = [&](std::string_view option) {
        const auto environment = environment_of(variables);
        return find_application_id(option, environment,
                                   ProfileFiles::load(environment, {}).value());
    };
    EXPECT_EQ(find("of-option"), "of-option");
    EXPECT_EQ(find(""), "of-variable");
    variables.erase("AWS_SDK_UA_APP_ID");
    EXPECT_EQ(find(""), "of-profile");
    variables.erase("AWS_CONFIG_FILE");
    EXPECT_EQ(find(""), "");
}

}  // namespace
}  // namespace lk::aws
