#include "http/curl_errors.hpp"

#include <curl/curl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lk::http {
namespace {

using testing::HasSubstr;
using testing::Not;

const FailedTransfer unsent{.url = "https://kinesis.eu-west-1.amazonaws.com/"};
const FailedTransfer half_sent{.url = unsent.url, .begun = true};
const FailedTransfer sent{.url = unsent.url, .begun = true, .may_be_sent_whole = true};

TEST(CurlErrors, WhatIsCertainFollowsFromWhatWasSentAndNotFromTheCode) {
    for (const CURLcode code :
         {CURLE_SSL_CONNECT_ERROR, CURLE_OPERATION_TIMEDOUT, CURLE_SEND_ERROR, CURLE_RECV_ERROR,
          CURLE_GOT_NOTHING, CURLE_SEND_FAIL_REWIND, CURLE_ABORTED_BY_CALLBACK}) {
        EXPECT_FALSE(no_answer(code, unsent).may_have_been_sent) << code;
        EXPECT_FALSE(no_answer(code, half_sent).may_have_been_sent) << code;
        EXPECT_TRUE(no_answer(code, sent).may_have_been_sent) << code;
    }
}

TEST(CurlErrors, AServerThatAnswersBeforeItHasTheRequestMakesNothingCertain) {
    FailedTransfer failed = half_sent;
    failed.answer_begun = true;
    EXPECT_TRUE(no_answer(CURLE_PARTIAL_FILE, failed).may_have_been_sent);
}

TEST(CurlErrors, TellTheHostThePortWhatFailedAndTheMend) {
    FailedTransfer failed = unsent;
    failed.curl_text = "Connection refused";
    EXPECT_EQ(no_answer(CURLE_COULDNT_CONNECT, failed).message,
              "no connection to kinesis.eu-west-1.amazonaws.com:443: Connection refused (libcurl "
              "error 7). Check that a server listens there and that no firewall stands between.");
}

TEST(CurlErrors, TellAHostThatIsNotThereFromAProxyThatIsNot) {
    const std::pair<const char*, const char*> own[] = {
        {"https://kinesis.eu-west-1.amazonaws.com/",
         "Failed to connect to kinesis.eu-west-1.amazonaws.com port 443 after 0 ms: refused"},
        {"http://[::1]:9/", "Failed to connect to ::1 port 9 after 0 ms: refused"}};
    for (const auto& [url, text] : own) {
        const std::string told =
            no_answer(CURLE_COULDNT_CONNECT, {.url = url, .curl_text = text}).message;
        EXPECT_THAT(told, HasSubstr("Check that a server listens there"));
    }
    FailedTransfer failed = unsent;
    failed.curl_text = "Failed to connect to proxy.example port 3128 after 0 ms: refused";
    const std::string told = no_answer(CURLE_COULDNT_CONNECT, failed).message;
    EXPECT_THAT(told, HasSubstr("no connection to the proxy proxy.example:3128 for "
                                "kinesis.eu-west-1.amazonaws.com:443"));
    EXPECT_THAT(told, HasSubstr("https_proxy"));
}

// So a server of TLS ends what is no handshake.
TEST(CurlErrors, TellWhoSpeaksPlainHttpThatItMayBeHttps) {
    const FailedTransfer plain{.url = "http://localhost:4567/", .begun = true};
    EXPECT_THAT(no_answer(CURLE_GOT_NOTHING, plain).message, HasSubstr("begin it with https://"));
    EXPECT_THAT(no_answer(CURLE_GOT_NOTHING, sent).message, Not(HasSubstr("https://")));
}

TEST(CurlErrors, UseLibcurlsOwnWordsWhereItWroteNone) {
    EXPECT_THAT(no_answer(CURLE_OUT_OF_MEMORY, unsent).message, HasSubstr("Out of memory"));
}

TEST(CurlErrors, SomeNeedAPerson) {
    for (const CURLcode code : {CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE,
                                CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL}) {
        EXPECT_TRUE(no_answer(code, unsent).needs_mending) << code;
    }
    // Once a request has begun, this code means an answer that is not HTTP.
    EXPECT_FALSE(no_answer(CURLE_UNSUPPORTED_PROTOCOL, sent).needs_mending);
    EXPECT_FALSE(no_answer(CURLE_COULDNT_CONNECT, unsent).needs_mending);
    EXPECT_FALSE(no_answer(CURLE_SSL_CONNECT_ERROR, unsent).needs_mending);
}

TEST(CurlErrors, TellATimeOutBeforeTheConnectionFromOneAfter) {
    EXPECT_THAT(no_answer(CURLE_OPERATION_TIMEDOUT, unsent).message, HasSubstr("no connection"));
    EXPECT_THAT(no_answer(CURLE_OPERATION_TIMEDOUT, sent).message, HasSubstr("no whole answer"));
}

TEST(CurlErrors, DoNotRepeatWhatLibcurlSaysOfAProxysUrl) {
    FailedTransfer failed = unsent;
    failed.curl_text = "Unsupported proxy syntax in 'http://user:hunter2@'";
    const NoAnswer none = no_answer(CURLE_COULDNT_RESOLVE_PROXY, failed);
    EXPECT_THAT(none.message, Not(HasSubstr("hunter2")));
    EXPECT_THAT(none.message, HasSubstr("option proxy"));
}

TEST(CurlErrors, NameTheFileOfCertificatesThatCanNotBeRead) {
    FailedTransfer failed = unsent;
    failed.ca_bundle = "/no/such.pem";
    EXPECT_THAT(no_answer(CURLE_SSL_CACERT_BADFILE, failed).message, HasSubstr("\"/no/such.pem\""));
}

}  // namespace
}  // namespace lk::http
