#include "local/signature/authorization.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lk::local {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Authorization, IsTakenApart) {
    const auto read = read_authorization(
        "AWS4-HMAC-SHA256 Credential=AKID/20261125/eu-west-1/kinesis/aws4_request, "
        "SignedHeaders=host;x-amz-date, Signature=0123abcd");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->access_key_id, "AKID");
    EXPECT_EQ(read->date, "20261125");
    EXPECT_EQ(read->region, "eu-west-1");
    EXPECT_EQ(read->service, "kinesis");
    EXPECT_EQ(read->terminator, "aws4_request");
    EXPECT_EQ(read->scope, "20261125/eu-west-1/kinesis/aws4_request");
    EXPECT_THAT(read->signed_headers, ElementsAre("host", "x-amz-date"));
    EXPECT_EQ(read->signature, "0123abcd");
}

TEST(Authorization, NeedsNoSpacesAndNoOrder) {
    const auto read =
        read_authorization("AWS4-HMAC-SHA256 Signature=ab,SignedHeaders=host,Credential=A/1/2/3/4");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->signature, "ab");
    EXPECT_EQ(read->terminator, "4");
}

TEST(Authorization, OfAnotherKindIsNone) {
    for (const char* header : {"", "Basic abc", "Bearer Credential=A/1/2/3/4"}) {
        const auto read = read_authorization(header);
        ASSERT_FALSE(read) << header;
        EXPECT_EQ(read.error().code, "MissingAuthenticationTokenException");
        EXPECT_EQ(read.error().message, "Missing Authentication Token");
        EXPECT_EQ(read.error().status, 400);
    }
}

TEST(Authorization, SaysEveryPartThatIsMissing) {
    const auto read = read_authorization("AWS4-HMAC-SHA256 SignedHeaders=host");
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, "IncompleteSignatureException");
    EXPECT_THAT(read.error().message, HasSubstr("requires 'Credential' parameter"));
    EXPECT_THAT(read.error().message, HasSubstr("requires 'Signature' parameter"));
    EXPECT_THAT(read.error().message, Not(HasSubstr("SignedHeaders")));
}

TEST(Authorization, OfAnotherAlgorithmOrScopeIsIncomplete) {
    for (const char* header :
         {"AWS4-ECDSA-P256-SHA256 Credential=A/1/2/3/4, SignedHeaders=host, Signature=ab",
          "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 ,,  ,=",
          "AWS4-HMAC-SHA256 Credential=A/1/2/3, SignedHeaders=host, Signature=ab",
          "AWS4-HMAC-SHA256 Credential=A/1/2/3/4/5, SignedHeaders=host, Signature=ab",
          "AWS4-HMAC-SHA256 NoCredential=A/1/2/3/4, SignedHeaders=host, Signature=ab"}) {
        const auto read = read_authorization(header);
        ASSERT_FALSE(read) << header;
        EXPECT_EQ(read.error().code, "IncompleteSignatureException") << header;
    }
}

}  // namespace
}  // namespace lk::local
