#include "kinesis/classify.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lk::kinesis {
namespace {

using testing::HasSubstr;

struct Case {
    const char* service_code;
    FailureClass kind;
    ErrorCode code;
    bool may_have_been_stored;
};

constexpr Case listed[] = {
    {"ProvisionedThroughputExceededException", FailureClass::slow_down, ErrorCode::throttled,
     false},
    {"ThrottlingException", FailureClass::slow_down, ErrorCode::throttled, false},
    {"LimitExceededException", FailureClass::slow_down, ErrorCode::throttled, false},
    {"KMSThrottlingException", FailureClass::slow_down, ErrorCode::throttled, false},
    {"InternalFailure", FailureClass::transient, ErrorCode::service, true},
    {"InternalFailureException", FailureClass::transient, ErrorCode::service, true},
    {"ServiceUnavailable", FailureClass::transient, ErrorCode::service, true},
    {"RequestTimeout", FailureClass::transient, ErrorCode::service, true},
    {"RequestTimeoutException", FailureClass::transient, ErrorCode::service, true},
    {"ResourceInUseException", FailureClass::not_ready, ErrorCode::stream_not_ready, false},
    {"InvalidArgumentException", FailureClass::invalid, ErrorCode::invalid_request, false},
    {"ValidationException", FailureClass::invalid, ErrorCode::invalid_request, false},
    {"SerializationException", FailureClass::final, ErrorCode::invalid_request, false},
    {"UnknownOperationException", FailureClass::final, ErrorCode::unsupported, false},
    {"ResourceNotFoundException", FailureClass::final, ErrorCode::stream_not_found, false},
    {"AccessDeniedException", FailureClass::final, ErrorCode::access_denied, false},
    {"UnrecognizedClientException", FailureClass::final, ErrorCode::credentials, false},
    {"InvalidSignatureException", FailureClass::final, ErrorCode::credentials, false},
    {"ExpiredToken", FailureClass::final, ErrorCode::credentials, false},
    {"ExpiredTokenException", FailureClass::final, ErrorCode::credentials, false},
    {"KMSDisabledException", FailureClass::final, ErrorCode::encryption, false},
    {"KMSInvalidStateException", FailureClass::final, ErrorCode::encryption, false},
    {"KMSAccessDeniedException", FailureClass::final, ErrorCode::encryption, false},
    {"KMSNotFoundException", FailureClass::final, ErrorCode::encryption, false},
    {"KMSOptInRequired", FailureClass::final, ErrorCode::encryption, false},
};

void expect_meaning(const Failure& failure, const Case& expected) {
    EXPECT_EQ(failure.kind, expected.kind) << expected.service_code;
    EXPECT_EQ(failure.code, expected.code) << expected.service_code;
    EXPECT_EQ(failure.may_have_been_stored, expected.may_have_been_stored) << expected.service_code;
    EXPECT_EQ(failure.service_code, expected.service_code);
    EXPECT_THAT(failure.message, HasSubstr("the text"));
    EXPECT_THAT(failure.message, HasSubstr(expected.service_code));
}

TEST(Classification, GoesByTheCodeWhateverTheStatus) {
    for (const Case& one : listed) {
        expect_meaning(classify_answer(400, one.service_code, "the text"), one);
        expect_meaning(classify_answer(503, one.service_code, "the text"), one);
        expect_meaning(
            classify_answer(400, "com.amazonaws.kinesis#" + std::string(one.service_code),
                            "the text"),
            one);
    }
}

TEST(Classification, IsTheSameForOneRecord) {
    for (const Case& one : listed) {
        expect_meaning(classify_record(one.service_code, "the text"), one);
    }
}

TEST(Classification, AnUnlistedCodeIsFinalBelow500AndUnknownFromThereOn) {
    for (const int status : {400, 403, 404, 413, 429, 499}) {
        const Failure failure = classify_answer(status, "NewException", "the text");
        EXPECT_EQ(failure.kind, FailureClass::final) << status;
        EXPECT_FALSE(failure.may_have_been_stored) << status;
    }
    for (const int status : {500, 502, 503, 504, 599}) {
        for (const char* code : {"", "NewException"}) {
            const Failure failure = classify_answer(status, code, "the text");
            EXPECT_EQ(failure.kind, FailureClass::transient) << status;
            EXPECT_TRUE(failure.may_have_been_stored) << status;
        }
    }
}

TEST(Classification, WithoutACodeTheStatusSpeaks) {
    EXPECT_EQ(classify_answer(429, "", "").kind, FailureClass::slow_down);
    EXPECT_EQ(classify_answer(408, "", "").kind, FailureClass::transient);
    EXPECT_TRUE(classify_answer(408, "", "").may_have_been_stored);
    EXPECT_EQ(classify_answer(403, "", "").code, ErrorCode::access_denied);
    EXPECT_EQ(classify_answer(404, "", "").kind, FailureClass::final);
    EXPECT_EQ(classify_answer(302, "", "").kind, FailureClass::final);
    for (const int status : {404, 501}) {
        EXPECT_THAT(classify_answer(status, "", "<html>").message,
                    HasSubstr("Check that the endpoint"));
    }
}

TEST(Classification, ARecordsUnknownCodeMayHaveGoneEitherWay) {
    for (const char* code : {"", "NewException"}) {
        const Failure failure = classify_record(code, "the text");
        EXPECT_EQ(failure.kind, FailureClass::transient);
        EXPECT_TRUE(failure.may_have_been_stored);
    }
}

TEST(Classification, MessagesNameTheOperationTheStreamTheRequestAndTheMend) {
    EXPECT_EQ(failure_of_answer(400, "AccessDeniedException", "User is not authorized", "abc-1",
                                {"PutRecords", "events"})
                  .message,
              "PutRecords on stream \"events\": AccessDeniedException, HTTP 400: User is not "
              "authorized. Request id abc-1. Allow these credentials the IAM action "
              "kinesis:PutRecords.");
    EXPECT_THAT(
        failure_of_answer(400, "ResourceNotFoundException", "Stream x not found.", "", {}).message,
        HasSubstr("not found. Check the stream's name, the account and the region."));
    EXPECT_THAT(failure_of_answer(400, "ResourceNotFoundException", "Stream x not found.", "",
                                  {"PutRecords", "x", "eu-west-1"})
                    .message,
                HasSubstr("not found. Check the stream's name, the account and the region, which "
                          "is eu-west-1 here."));
}

TEST(Classification, ASignatureOfTheWrongTimeIsTheClocksFaultAndNotTheKeys) {
    const auto told = [](const char* text) {
        return failure_of_answer(403, "InvalidSignatureException", text, "", {}).message;
    };
    EXPECT_THAT(told("Signature expired: it is now earlier"), HasSubstr("clock"));
    EXPECT_THAT(told("The signature does not match"), HasSubstr("Check the access key"));
}

TEST(Classification, WithoutAnAnswerTheTransportSaysWhatIsCertain) {
    const Failure refused = failure_without_answer(
        {.message = "no connection.", .may_have_been_sent = false}, {"PutRecords", "events"});
    EXPECT_EQ(refused.kind, FailureClass::transient);
    EXPECT_EQ(refused.code, ErrorCode::network);
    EXPECT_FALSE(refused.may_have_been_stored);
    EXPECT_EQ(refused.message, "PutRecords on stream \"events\": no connection.");

    EXPECT_TRUE(failure_without_answer({.message = "broke"}, {}).may_have_been_stored);
    EXPECT_EQ(failure_without_answer(
                  {.message = "untrusted", .may_have_been_sent = false, .needs_mending = true}, {})
                  .kind,
              FailureClass::final);
}

}  // namespace
}  // namespace lk::kinesis
