#include "wire/protobuf_reader.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "wire/test_aggregates.hpp"

namespace lk::wire {
namespace {

using namespace std::literals;
using test::number;
using test::text;
using test::varint;

/// The numbers of the fields read, with the value or bytes of each; "malformed" at the end if so.
std::vector<std::string> read(std::string_view message) {
    ProtobufReader reader(message);
    std::vector<std::string> fields;
    for (ProtobufField field; reader.next(field);) {
        fields.push_back(std::to_string(field.number) + ":" +
                         (field.type == ProtobufType::varint ? std::to_string(field.value)
                                                             : std::string(field.bytes)));
    }
    if (reader.failed()) fields.push_back("malformed");
    return fields;
}

using Fields = std::vector<std::string>;
const Fields malformed = {"malformed"};

std::string group(unsigned field, std::string_view inside) {
    return varint(field * 8 + 3) + std::string(inside) + varint(field * 8 + 4);
}

TEST(ProtobufReader, ReadsFieldsOfEveryTypeInTheirOrder) {
    EXPECT_EQ(read(""), Fields{});
    EXPECT_EQ(read(number(1, 300) + text(2, "abc") + "\x19" + "12345678" + "\x25" + "1234" +
                   text(536'870'911, "")),
              (Fields{"1:300", "2:abc", "3:12345678", "4:1234", "536870911:"}));
    EXPECT_EQ(read(number(1, UINT64_MAX)), (Fields{"1:18446744073709551615"}));
}

TEST(ProtobufReader, PassesOverGroups) {
    EXPECT_EQ(
        read(number(1, 1) + group(2, number(1, 5) + text(9, "xyz") + group(2, "")) + number(3, 3)),
        (Fields{"1:1", "3:3"}));
    std::string nested;
    for (int depth = 0; depth < 100; ++depth) nested = group(7, nested);
    EXPECT_EQ(read(nested), Fields{});
    EXPECT_EQ(read(group(7, nested)), malformed);
}

TEST(ProtobufReader, RefusesGroupsThatDoNotEndAsTheyBegan) {
    EXPECT_EQ(read("\x0B"sv), malformed);
    EXPECT_EQ(read("\x0C"sv), malformed);
    EXPECT_EQ(read("\x0B\x14"sv), malformed);
    EXPECT_EQ(read("\x0B\x13\x0C\x14"sv), malformed);
}

TEST(ProtobufReader, RefusesWhatEndsInTheMiddle) {
    const std::string whole = number(1, 300) + text(2, "abc") + "\x19" + "12345678" + "\x25" +
                              "1234" + group(5, text(1, "a"));
    std::size_t fields_end[] = {0, 3, 8, 17, 22, whole.size()};
    for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) {
        const bool at_an_end =
            std::find(std::begin(fields_end), std::end(fields_end), bytes) != std::end(fields_end);
        const Fields fields = read(std::string_view(whole).substr(0, bytes));
        EXPECT_EQ(!fields.empty() && fields.back() == "malformed", !at_an_end) << bytes;
    }
}

TEST(ProtobufReader, RefusesTypesAndNumbersThatThereAreNot) {
    EXPECT_EQ(read("\x0E\x00"sv), malformed);
    EXPECT_EQ(read("\x0F\x00"sv), malformed);
    EXPECT_EQ(read("\x00\x00"sv), malformed);
    EXPECT_EQ(read("\x02\x00"sv), malformed);
}

TEST(ProtobufReader, RefusesLengthsBeyondTheEnd) {
    for (const std::uint64_t bytes : {std::uint64_t{4}, std::uint64_t{INT32_MAX},
                                      std::uint64_t{UINT32_MAX}, std::uint64_t{1} << 31U}) {
        EXPECT_EQ(read(varint(1 * 8 + 2) + varint(bytes) + "abc"), malformed) << bytes;
    }
}

TEST(ProtobufReader, TakesNumbersOfUpToTenBytesAsJavasParserDoes) {
    const std::string ten_bytes_of_one = "\x81\x80\x80\x80\x80\x80\x80\x80\x80"s + '\0';
    EXPECT_EQ(read("\x08" + ten_bytes_of_one), (Fields{"1:1"}));
    EXPECT_EQ(read("\x08" + std::string(10, '\x80') + '\0'), malformed);
    // A length of 1 + 2^32 is one of 1.
    EXPECT_EQ(read("\x0A" + varint((std::uint64_t{1} << 32U) + 1) + "x"), (Fields{"1:x"}));
    EXPECT_EQ(read(varint((std::uint64_t{1} << 32U) + 8) + varint(5)), (Fields{"1:5"}));
}

TEST(ProtobufReader, ReadsNothingMoreOnceItHasFailed) {
    ProtobufReader reader("\x00\x08\x01"sv);
    ProtobufField field;
    EXPECT_FALSE(reader.next(field));
    EXPECT_FALSE(reader.next(field));
    EXPECT_TRUE(reader.failed());
}

}  // namespace
}  // namespace lk::wire
