#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "wire/document.hpp"
#include "wire/test_messages.hpp"

namespace lk::wire {
namespace {

Expected<Document, std::string> parsed(std::string_view bytes) {
    const ExactCopy copy(bytes);
    return parse(Encoding::cbor, copy);
}

struct Vector {
    std::string_view hex;
    Document value;
};

Document bytes(std::initializer_list<std::uint8_t> values) {
    return Document::binary(values);
}

Document one_to_twenty_five() {
    Document out = Document::array();
    for (unsigned number = 1; number <= 25; ++number) out.push_back(number);
    return out;
}

const Document shape = Document::parse("[1,[2,3],[4,5]]");

const Vector appendix_a[] = {
    {"00", 0U},
    {"01", 1U},
    {"0a", 10U},
    {"17", 23U},
    {"1818", 24U},
    {"1819", 25U},
    {"1864", 100U},
    {"1903e8", 1000U},
    {"1a000f4240", 1'000'000U},
    {"1b000000e8d4a51000", 1'000'000'000'000U},
    {"1bffffffffffffffff", 18446744073709551615U},
    {"20", -1},
    {"29", -10},
    {"3863", -100},
    {"3903e7", -1000},
    {"f90000", 0.0},
    {"f98000", -0.0},
    {"f93c00", 1.0},
    {"fb3ff199999999999a", 1.1},
    {"f93e00", 1.5},
    {"f97bff", 65504.0},
    {"fa47c35000", 100000.0},
    {"fa7f7fffff", 3.4028234663852886e+38},
    {"fb7e37e43c8800759c", 1.0e+300},
    {"f90001", 5.960464477539063e-8},
    {"f90400", 0.00006103515625},
    {"f9c400", -4.0},
    {"fbc010666666666666", -4.1},
    {"f97c00", std::numeric_limits<double>::infinity()},
    {"f9fc00", -std::numeric_limits<double>::infinity()},
    {"fa7f800000", std::numeric_limits<double>::infinity()},
    {"faff800000", -std::numeric_limits<double>::infinity()},
    {"fb7ff0000000000000", std::numeric_limits<double>::infinity()},
    {"fbfff0000000000000", -std::numeric_limits<double>::infinity()},
    {"f4", false},
    {"f5", true},
    {"f6", nullptr},
    {"f7", nullptr},
    {"40", bytes({})},
    {"4401020304", bytes({1, 2, 3, 4})},
    {"60", ""},
    {"6161", "a"},
    {"6449455446", "IETF"},
    {"62225c", "\"\\"},
    {"62c3bc", "\u00fc"},
    {"63e6b0b4", "\u6c34"},
    {"64f0908591", "\U00010151"},
    {"80", Document::array()},
    {"83010203", Document::parse("[1,2,3]")},
    {"8301820203820405", shape},
    {"98190102030405060708090a0b0c0d0e0f101112131415161718181819", one_to_twenty_five()},
    {"a0", Document::object()},
    {"a26161016162820203", Document::parse(R"({"a":1,"b":[2,3]})")},
    {"826161a161626163", Document::parse(R"(["a",{"b":"c"}])")},
    {"a56161614161626142616361436164614461656145",
     Document::parse(R"({"a":"A","b":"B","c":"C","d":"D","e":"E"})")},
    {"5f42010243030405ff", bytes({1, 2, 3, 4, 5})},
    {"7f657374726561646d696e67ff", "streaming"},
    {"9fff", Document::array()},
    {"9f018202039f0405ffff", shape},
    {"9f01820203820405ff", shape},
    {"83018202039f0405ff", shape},
    {"83019f0203ff820405", shape},
    {"9f0102030405060708090a0b0c0d0e0f101112131415161718181819ff", one_to_twenty_five()},
    {"bf61610161629f0203ffff", Document::parse(R"({"a":1,"b":[2,3]})")},
    {"826161bf61626163ff", Document::parse(R"(["a",{"b":"c"}])")},
    {"bf6346756ef563416d7421ff", Document::parse(R"({"Fun":true,"Amt":-2})")},
};

TEST(CborDocument, ReadsTheExamplesOfRfc8949) {
    for (const Vector& vector : appendix_a) {
        const auto message = parsed(from_hex(vector.hex));
        ASSERT_TRUE(message.has_value()) << vector.hex << ": " << message.error();
        EXPECT_EQ(*message, vector.value) << vector.hex;
        EXPECT_EQ(message->type(), vector.value.type()) << vector.hex;
        EXPECT_EQ(message->is_number_float() && std::signbit(message->get<double>()),
                  vector.value.is_number_float() && std::signbit(vector.value.get<double>()));
    }
}

TEST(CborDocument, ReadsNotANumberOfEveryWidth) {
    for (const std::string_view hex : {"f97e00", "fa7fc00000", "fb7ff8000000000000"}) {
        const auto message = parsed(from_hex(hex));
        ASSERT_TRUE(message.has_value()) << hex;
        EXPECT_TRUE(std::isnan(message->get<double>())) << hex;
    }
}

TEST(CborDocument, RefusesTheExamplesOfRfc8949ThatNoMessageOfKinesisHolds) {
    const std::pair<std::string_view, std::string_view> refused[] = {
        {"3bffffffffffffffff", "below -2^63"},
        {"c249010000000000000000", "a tag other than 1"},
        {"c349010000000000000000", "a tag other than 1"},
        {"f0", "a simple value that JSON does not have"},
        {"f8ff", "a simple value that JSON does not have"},
        {"c074323031332d30332d32315432303a30343a30305a", "a tag other than 1"},
        {"c1fb41d452d9e2000000", "not an integer of milliseconds"},
        {"d74401020304", "a tag other than 1"},
        {"d818456449455446", "a tag other than 1"},
        {"d82076687474703a2f2f7777772e6578616d706c652e636f6d", "a tag other than 1"},
        {"a201020304", "another kind of item"},
    };
    for (const auto& [hex, reason] : refused) {
        const auto message = parsed(from_hex(hex));
        ASSERT_FALSE(message.has_value()) << hex;
        EXPECT_NE(message.error().find(reason), std::string::npos) << hex << message.error();
    }
}

TEST(CborDocument, ATimestampOfMillisecondsBecomesSeconds) {
    EXPECT_EQ(*parsed(from_hex("c11b000001a013accc38")), 1787036486.712);
    EXPECT_EQ(*parsed(from_hex("c138f9")), -0.25);
    EXPECT_TRUE(parsed(from_hex("c11bffffffffffffffff"))->is_number_float());
    EXPECT_TRUE(parsed(from_hex("c13bffffffffffffffff"))->is_number_float());
}

TEST(CborDocument, WritesTheNumbersOfTimestampMembersAsMilliseconds) {
    EXPECT_EQ(serialize(Encoding::cbor, {{"Timestamp", 1787036486.712}}),
              from_hex("a16954696d657374616d70 c1 1b000001a013accc38"));
    EXPECT_EQ(serialize(Encoding::cbor, {{"Timestamp", 1}}),
              from_hex("a16954696d657374616d70 c1 1903e8"));
    EXPECT_EQ(serialize(Encoding::cbor, {{"Timestamp", -0.25}}),
              from_hex("a16954696d657374616d70 c1 38f9"));
    EXPECT_EQ(serialize(Encoding::cbor, {{"Timestamp", "now"}}),
              from_hex("a16954696d657374616d70 63 6e6f77"));
    EXPECT_EQ(serialize(Encoding::cbor, {{"Timestamps", 1}}),
              from_hex("a16a54696d657374616d7073 01"));
}

TEST(CborDocument, ATimestampTooLargeForExactMillisecondsStaysAFloat) {
    for (const double seconds :
         {1e300, -1e300, std::numeric_limits<double>::infinity(),
          std::numeric_limits<double>::quiet_NaN(), 0x1p51 / 1000, -0x1p63}) {
        const auto bytes_written = serialize(Encoding::cbor, {{"Timestamp", seconds}});
        EXPECT_EQ(bytes_written.substr(0, 11), from_hex("a16954696d657374616d70"));
        EXPECT_EQ(bytes_written[11], '\xFB') << seconds;
    }
}

TEST(CborDocument, WritesHeadsInTheirShortestForm) {
    for (const std::string_view hex : {"00",
                                       "17",
                                       "1818",
                                       "18ff",
                                       "190100",
                                       "19ffff",
                                       "1a00010000",
                                       "1affffffff",
                                       "1b0000000100000000",
                                       "1bffffffffffffffff",
                                       "20",
                                       "3863",
                                       "3b7fffffffffffffff",
                                       "80",
                                       "a0",
                                       "60",
                                       "40",
                                       "f4",
                                       "f5",
                                       "f6",
                                       "fb3ff199999999999a",
                                       "a26161016162820203"}) {
        const std::string bytes_given = from_hex(hex);
        EXPECT_EQ(serialize(Encoding::cbor, *parsed(bytes_given)), bytes_given) << hex;
    }
}

TEST(CborDocument, IsReadBackAsItWasWritten) {
    RandomDocuments documents(8949, Encoding::cbor);
    for (int round = 0; round < 20'000; ++round) {
        const Document document = documents.next();
        const auto read = parsed(serialize(Encoding::cbor, document));
        ASSERT_TRUE(read.has_value()) << document << read.error();
        ASSERT_EQ(*read, document);
    }
}

// nlohmann refuses tag 1.
TEST(CborDocument, WithoutTimestampsIsReadTheSameByNlohmann) {
    RandomDocuments documents(8950, Encoding::cbor, false);
    for (int round = 0; round < 20'000; ++round) {
        const Document document = documents.next();
        ASSERT_EQ(Document::from_cbor(serialize(Encoding::cbor, document)), document);
    }
}

TEST(CborDocument, ReadsWhatNlohmannWrote) {
    RandomDocuments documents(8951, Encoding::cbor);
    for (int round = 0; round < 20'000; ++round) {
        const Document document = documents.next();
        std::string bytes_written;
        Document::to_cbor(document, bytes_written);
        const auto read = parsed(bytes_written);
        ASSERT_TRUE(read.has_value()) << document << read.error();
        ASSERT_EQ(*read, document);
    }
}

TEST(CborDocument, WrongBytesInATextAreReplaced) {
    EXPECT_EQ(serialize(Encoding::cbor,
                        "a\xFF"
                        "b"),
              "\x65"
              "a\xEF\xBF\xBD"
              "b");
}

TEST(CborDocument, SaysWhatIsWrongAndWhere) {
    EXPECT_EQ(parsed("").error(), "CBOR at byte 0 of 0: the message ends before it is complete");
    EXPECT_EQ(parsed(from_hex("8200")).error(),
              "CBOR at byte 0 of 2: more items promised than what is left of the message can hold");
    EXPECT_EQ(parsed(from_hex("820062")).error(),
              "CBOR at byte 2 of 3: a string longer than what is left of the message");
    EXPECT_EQ(parsed(from_hex("0000")).error(),
              "CBOR at byte 1 of 2: bytes after the message's end");
    EXPECT_EQ(parsed(from_hex("a2616101616102")).error(),
              "CBOR at byte 4 of 7: a member name that occurred before");
    EXPECT_EQ(parsed(from_hex("8161ff")).error(), "CBOR at byte 1 of 3: text that is not UTF-8");
    EXPECT_EQ(parsed(from_hex("a161ff00")).error(), "CBOR at byte 1 of 4: text that is not UTF-8");
}

}  // namespace
}  // namespace lk::wire
