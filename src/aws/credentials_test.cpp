#include "aws/credentials.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "aws/environment.hpp"

namespace lk::aws {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Credentials, NeedNoSessionToken) {
    const auto provider = given_credentials("AKID", "s3cret", "");
    ASSERT_TRUE(provider.has_value());
    EXPECT_TRUE((*(*provider)->current())->session_token.empty());
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

TEST(Secret, MayBeEmpty) {
    Secret nothing("");
    EXPECT_TRUE(nothing.empty());
    EXPECT_EQ(nothing.reveal(), "");
    nothing = Secret("something");
    EXPECT_EQ(nothing.reveal(), "something");
    nothing = Secret();
    EXPECT_TRUE(nothing.empty());
}

TEST(Environment, TellsWhatIsSetAndNothingOfWhatIsNot) {
    ASSERT_EQ(setenv("LK_TEST_VARIABLE", "value", 1), 0);
    EXPECT_EQ(process_environment()("LK_TEST_VARIABLE"), "value");
    ASSERT_EQ(unsetenv("LK_TEST_VARIABLE"), 0);
    EXPECT_EQ(process_environment()("LK_TEST_VARIABLE"), "");
}

TEST(Environment, ACopyStaysAsItWas) {
    ASSERT_EQ(setenv("LK_TEST_VARIABLE", "a=b", 1), 0);
    const Environment copy = copied_environment();
    ASSERT_EQ(setenv("LK_TEST_VARIABLE", "other", 1), 0);
    EXPECT_EQ(copy("LK_TEST_VARIABLE"), "a=b");
    EXPECT_EQ(copy("LK_TEST"), "");
    ASSERT_EQ(unsetenv("LK_TEST_VARIABLE"), 0);
}

}  // namespace
}  // namespace lk::aws
