#include "wire/error_answer.hpp"

#include <gtest/gtest.h>

#include "wire/test_messages.hpp"
#include "wire/utf8.hpp"

namespace lk::wire {

bool operator==(const ErrorAnswer& left, const ErrorAnswer& right) {
    return left.code == right.code && left.message == right.message;
}
void PrintTo(const ErrorAnswer& answer, std::ostream* out) {
    *out << "code '" << answer.code << "', message '" << answer.message << "'";
}

namespace {

ErrorAnswer read(std::string_view bytes) {
    const ExactCopy copy(bytes);
    return read_error_answer(copy);
}

TEST(ErrorAnswer, OfJsonIsItsTypeAndMessage) {
    EXPECT_EQ(read(R"({"__type":"ResourceNotFoundException","message":"Stream s not found."})"),
              (ErrorAnswer{"ResourceNotFoundException", "Stream s not found."}));
}

TEST(ErrorAnswer, MayWriteItsMessageWithACapitalLetter) {
    EXPECT_EQ(read(R"({"__type":"AccessDeniedException","Message":"No."})"),
              (ErrorAnswer{"AccessDeniedException", "No."}));
    EXPECT_EQ(read(R"({"__type":"AccessDeniedException","message":null,"Message":"No."})"),
              (ErrorAnswer{"AccessDeniedException", "No."}));
}

TEST(ErrorAnswer, LosesTheNamespaceOfItsCode) {
    EXPECT_EQ(read(R"({"__type":"com.amazon.coral.service#SerializationException"})"),
              (ErrorAnswer{"SerializationException", ""}));
    EXPECT_EQ(read(R"({"__type":"a#b#Code:http://internal.amazon.com/coral/"})"),
              (ErrorAnswer{"Code", ""}));
}

TEST(ErrorAnswer, OfCborIsReadTheSame) {
    // As kinesalite 1 answers, in a map of indefinite length.
    EXPECT_EQ(
        read(from_hex("bf 66 5f5f74797065 76 53657269616c697a6174696f6e457863657074696f6e ff")),
        (ErrorAnswer{"SerializationException", ""}));
    const ErrorAnswer error{"ValidationException", "1 validation error detected: …"};
    EXPECT_EQ(read(write_error_answer(Encoding::cbor, error)), error);
    EXPECT_EQ(read(write_error_answer(Encoding::json, error)), error);
}

TEST(ErrorAnswer, WithoutAMessageIsWrittenWithoutOne) {
    EXPECT_EQ(write_error_answer(Encoding::json, {"UnknownOperationException", ""}),
              R"({"__type":"UnknownOperationException"})");
}

TEST(ErrorAnswer, OfXmlIsItsCodeAndMessage) {
    EXPECT_EQ(read("<?xml version=\"1.0\"?>\n<ErrorResponse xmlns=\"http://a/\"><Error>"
                   "<Type>Sender</Type><Code>SignatureDoesNotMatch</Code>"
                   "<Message>a &lt;b&gt; &amp; &quot;c&quot; &apos;d&apos; &#233;&#x6C34;&#x1F600;"
                   "</Message></Error><RequestId>1</RequestId></ErrorResponse>"),
              (ErrorAnswer{"SignatureDoesNotMatch", "a <b> & \"c\" 'd' é水😀"}));
}

TEST(ErrorAnswer, OfXmlMayBeNamedByItsOutermostElement) {
    EXPECT_EQ(read("<UnknownOperationException/>\n"),
              (ErrorAnswer{"UnknownOperationException", ""}));
    EXPECT_EQ(
        read("\n<AccessDeniedException>\n  <Message>Unable to determine service/operation name "
             "to be authorized</Message>\n</AccessDeniedException>\n"),
        (ErrorAnswer{"AccessDeniedException",
                     "Unable to determine service/operation name to be authorized"}));
}

TEST(ErrorAnswer, LeavesEntitiesThatAreNoneAsTheyStand) {
    EXPECT_EQ(read("<Error><Message>&nbsp; & &; &#; &#x; &#xD800; &#x110000; &#99999999999; &lt "
                   "&#x41;</Message></Error>")
                  .message,
              "&nbsp; & &; &#; &#x; &#xD800; &#x110000; &#99999999999; &lt A");
}

TEST(ErrorAnswer, OfAProxysPageIsItsBeginningOnOneLine) {
    EXPECT_EQ(
        read("<html>\r\n<head><title>503 Service Unavailable</title></head>\r\n</html>"),
        (ErrorAnswer{"", "<html> <head><title>503 Service Unavailable</title></head> </html>"}));
    EXPECT_EQ(read("upstream connect error").message, "upstream connect error");
    EXPECT_EQ(read(std::string(5000, 'x')).message, std::string(200, 'x'));
}

TEST(ErrorAnswer, OfNothingIsNothing) {
    EXPECT_EQ(read(""), (ErrorAnswer{"", ""}));
    EXPECT_EQ(read(" \r\n"), (ErrorAnswer{"", ""}));
}

TEST(ErrorAnswer, ThatIsBrokenOrOfAnotherShapeIsShownAsItCame) {
    for (const std::string_view text :
         {"{", R"({"__type":"A","message":)", "{}", R"({"error":"x"})", R"({"__type":5})", "[1]",
          R"("text")", "<", "<Error", "<Code>A", "</Code><Code>", "<?xml", "null"}) {
        EXPECT_EQ(read(text), (ErrorAnswer{"", std::string(text)}));
    }
    EXPECT_EQ(read("\xA2 cut short \xFF").message, "cut short");
}

TEST(ErrorAnswer, IsShortAndValidUtf8WhateverCameIn) {
    const std::string long_text = "a" + std::string(3'000, '\xFF');
    for (const std::string& message :
         {read("<Error><Message>" + long_text + "</Message></Error>").message,
          read(R"({"message":"a)" + std::string("水").append(9'000, 'x') + "\"}").message,
          read(long_text).message}) {
        EXPECT_LE(message.size(), 4096U);
        EXPECT_TRUE(is_utf8(message));
    }
    std::string characters;
    for (int at = 0; at < 2'000; ++at) characters += "水";
    EXPECT_EQ(read(R"({"message":")" + characters + "\"}").message, characters.substr(0, 4095));
}

}  // namespace
}  // namespace lk::wire
