#include "http/sent_body.hpp"

#include <gtest/gtest.h>

#include <string>

namespace lk::http {
namespace {

TEST(SentBody, IsReadAcrossItsPieces) {
    const std::string_view pieces[] = {"ab", "", "cdefg", "h"};
    SentBody body(pieces, 8);
    char buffer[3];
    std::string all;
    while (const std::size_t count = body.read(buffer, sizeof buffer)) all.append(buffer, count);
    EXPECT_EQ(all, "abcdefgh");
}

TEST(SentBody, MayBeginAgainWhileNoByteOfItWasRead) {
    const std::string_view piece = "abc";
    SentBody body({&piece, 1}, 3);
    EXPECT_FALSE(body.begun());
    EXPECT_TRUE(body.begin());
    EXPECT_TRUE(body.begin());
    EXPECT_TRUE(body.begun());
    EXPECT_TRUE(body.untouched());
}

TEST(SentBody, MustNotBeginAgainAfterOneByte) {
    const std::string_view piece = "abc";
    SentBody body({&piece, 1}, 3);
    EXPECT_TRUE(body.begin());
    char one = 0;
    EXPECT_EQ(body.read(&one, 1), 1U);
    EXPECT_FALSE(body.untouched());
    EXPECT_FALSE(body.begin());
}

TEST(SentBody, ARequestWithoutOneBeginsOnce) {
    SentBody body({}, 0);
    EXPECT_FALSE(body.may_be_sent_whole());
    EXPECT_TRUE(body.begin());
    EXPECT_FALSE(body.begin());
    EXPECT_TRUE(body.may_be_sent_whole());
}

TEST(SentBody, OneThatGoesWithTheHeadBeginsOnce) {
    SentBody body = SentBody::with_head(3);
    EXPECT_FALSE(body.may_be_sent_whole());
    EXPECT_TRUE(body.begin());
    EXPECT_TRUE(body.may_be_sent_whole());
    EXPECT_FALSE(body.begin());
}

TEST(SentBody, MayBeSentWholeFromItsLastByteOn) {
    const std::string_view piece = "abc";
    SentBody body({&piece, 1}, 3);
    char buffer[3];
    EXPECT_TRUE(body.begin());
    body.read(buffer, 2);
    EXPECT_FALSE(body.may_be_sent_whole());
    body.read(buffer, 2);
    EXPECT_TRUE(body.may_be_sent_whole());
}

}  // namespace
}  // namespace lk::http
