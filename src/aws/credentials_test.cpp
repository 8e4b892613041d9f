#include "aws/credentials.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "aws/test_environment.hpp"

namespace lk::aws {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Credentials, ComeFromTheEnvironment) {
    const auto provider =
        environment_credentials(environment_of({{"AWS_ACCESS_KEY_ID", "AKID"},
                                                {"AWS_SECRET_ACCESS_KEY", "s3cret"},
                                                {"AWS_SESSION_TOKEN", "token"}}));
    ASSERT_TRUE(provider.has_value());
    const auto credentials = (*provider)->current();
    ASSERT_TRUE(credentials.has_value());
    EXPECT_EQ((*credentials)->access_key_id, "AKID");
    EXPECT_EQ((*credentials)->secret_access_key.reveal(), "s3cret");
    EXPECT_EQ((*credentials)->session_token.reveal(), "token");
}

TEST(Credentials, NeedNoSessionToken) {
    const auto provider = given_credentials("AKID", "s3cret", "");
    ASSERT_TRUE(provider.has_value());
    EXPECT_TRUE((*(*provider)->current())->session_token.empty());
}

TEST(Credentials, SayWhichVariableIsMissingAndWhatToDo) {
    const auto neither = environment_credentials(environment_of({}));
    ASSERT_FALSE(neither.has_value());
    EXPECT_EQ(neither.error().code, ErrorCode::credentials);
    EXPECT_THAT(neither.error().message,
                HasSubstr("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set"));
    EXPECT_THAT(neither.error().message, HasSubstr("option credentials"));

    const auto half = environment_credentials(environment_of({{"AWS_ACCESS_KEY_ID", "AKID"}}));
    ASSERT_FALSE(half.has_value());
    EXPECT_THAT(half.error().message, HasSubstr("and AWS_SECRET_ACCESS_KEY is not set"));
}

TEST(Credentials, GivenByHalfAreRefused) {
    EXPECT_THAT(given_credentials("", "s3cret", "").error().message,
                HasSubstr("access_key_id is empty"));
    EXPECT_THAT(given_credentials("AKID", "", "").error().message,
                HasSubstr("secret_access_key is empty"));
}

TEST(Credentials, WithALineBreakAreRefusedWithoutRepeatingThem) {
    const auto provider = given_credentials("AKID", "s3cret\n", "");
    ASSERT_FALSE(provider.has_value());
    EXPECT_THAT(provider.error().message, HasSubstr("option credentials.secret_access_key"));
    EXPECT_THAT(provider.error().message, Not(HasSubstr("s3cret")));
    EXPECT_FALSE(given_credentials("AKID", "s3cret", "token\r\nX-Evil: 1").has_value());
}

TEST(Secret, MovesWithoutLeavingACopy) {
    Secret first("abc");
    const char* where = first.reveal().data();
    Secret second(std::move(first));
    EXPECT_EQ(second.reveal().data(), where);
    EXPECT_TRUE(first.empty());
    Secret third("other");
    third = std::move(second);
    EXPECT_EQ(third.reveal(), "abc");
    EXPECT_TRUE(second.empty());
}

TEST(Environment, TellsWhatIsSetAndNothingOfWhatIsNot) {
    ASSERT_EQ(setenv("LK_TEST_VARIABLE", "value", 1), 0);
    EXPECT_EQ(process_environment()("LK_TEST_VARIABLE"), "value");
    ASSERT_EQ(unsetenv("LK_TEST_VARIABLE"), 0);
    EXPECT_EQ(process_environment()("LK_TEST_VARIABLE"), "");
}

}  // namespace
}  // namespace lk::aws
