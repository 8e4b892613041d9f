#include "wire/aggregate_reader.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "wire/test_aggregates.hpp"
#include "wire/test_allocations.hpp"
#include "wire/test_messages.hpp"

namespace lk::wire {
namespace {

using namespace std::literals;
using test::aggregate;
using test::kept;
using test::Kept;
using test::number;
using test::text;

std::string record(std::string_view fields) {
    return text(3, fields);
}

/// What a reader makes of a message under a right digest; nothing when it is no aggregate.
std::optional<std::vector<Kept>> read(std::string_view message) {
    AggregateReader reader;
    const std::string bytes = aggregate(message);
    if (!reader.read(bytes)) return std::nullopt;
    return kept(reader);
}

const std::string one_record = text(1, "a") + record(number(1, 0) + text(3, "hello"));

TEST(AggregateReader, ReadsTheBytesOfTheFormat) {
    // The digest is md5sum's.
    const std::string bytes = from_hex(
        "F3899AC2 0A01 61 1201 30 1A0B 0800 1000 1A05 68656C6C6F"
        "8E10A73BD993C9C28972B1FF508B1B28");
    AggregateReader reader;
    ASSERT_TRUE(reader.read(bytes));
    EXPECT_EQ(kept(reader), (std::vector<Kept>{{"a", "0", "hello"}}));
    EXPECT_EQ(reader.lost(), 0U);
}

TEST(AggregateReader, GivesUserRecordsInTheirOrderWithTheirKeys) {
    EXPECT_EQ(
        read(text(1, "a") + text(1, "b") + text(2, "5") + text(2, "6") +
             record(number(1, 1) + text(3, "first")) +
             record(number(1, 0) + number(2, 1) + text(3, "")) +
             record(number(1, 1) + number(2, 0) + text(3, "third"))),
        (std::vector<Kept>{{"b", std::nullopt, "first"}, {"a", "6", ""}, {"b", "5", "third"}}));
}

TEST(AggregateReader, TakesFieldsInAnyOrder) {
    EXPECT_EQ(read(record(text(3, "x") + number(2, 0) + number(1, 1)) + text(1, "a") +
                   record(text(3, "y") + number(1, 0)) + text(2, "7") + text(1, "b")),
              (std::vector<Kept>{{"b", "7", "x"}, {"a", std::nullopt, "y"}}));
}

TEST(AggregateReader, GivesViewsIntoTheRecord) {
    const std::string bytes = aggregate(one_record);
    AggregateReader reader;
    ASSERT_TRUE(reader.read(bytes));
    const char* const data = reader.records()[0].data.data();
    EXPECT_TRUE(data > bytes.data() && data < bytes.data() + bytes.size());
}

TEST(AggregateReader, AnAggregateMayHoldNoUserRecords) {
    EXPECT_EQ(read(text(1, "a")), std::vector<Kept>{});
    EXPECT_EQ(read(number(99, 1)), std::vector<Kept>{});
}

TEST(AggregateReader, WhatHasAnotherBeginningIsARecordOfItsOwn) {
    AggregateReader reader;
    const std::string whole = aggregate(one_record);
    EXPECT_FALSE(reader.read(""));
    EXPECT_FALSE(reader.read(R"({"id":"x"})"));
    EXPECT_FALSE(reader.read(whole.substr(1)));
    for (std::size_t at = 0; at < 4; ++at) {
        std::string other = whole;
        other[at] = static_cast<char>(other[at] ^ 1);
        EXPECT_FALSE(reader.read(other)) << at;
    }
}

TEST(AggregateReader, WhatIsTooShortIsARecordOfItsOwn) {
    AggregateReader reader;
    const std::string whole = aggregate(one_record);
    for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) {
        EXPECT_FALSE(reader.read(std::string_view(whole).substr(0, bytes))) << bytes;
    }
    // Even though the digest of no message is right.
    EXPECT_FALSE(reader.read(aggregate("")));
}

TEST(AggregateReader, WhatDoesNotMatchItsDigestIsARecordOfItsOwn) {
    AggregateReader reader;
    const std::string whole = aggregate(one_record);
    for (std::size_t at = 4; at < whole.size(); ++at) {
        std::string other = whole;
        other[at] = static_cast<char>(other[at] ^ 0x40);
        EXPECT_FALSE(reader.read(other)) << at;
    }
    EXPECT_FALSE(reader.read(whole + "x"));
    EXPECT_TRUE(reader.records().empty());
}

TEST(AggregateReader, WhatIsLargerThanAnyRecordIsARecordOfItsOwn) {
    AggregateReader reader;
    const std::size_t around = aggregate(text(99, std::string(8'000'000, 'x'))).size() - 8'000'000;
    const std::string largest =
        aggregate(text(99, std::string(AggregateReader::most_bytes - around, 'x')));
    ASSERT_EQ(largest.size(), AggregateReader::most_bytes);
    EXPECT_TRUE(reader.read(largest));
    EXPECT_FALSE(reader.read(
        aggregate(text(99, std::string(AggregateReader::most_bytes - around + 1, 'x')))));
}

TEST(AggregateReader, AMalformedMessageIsARecordOfItsOwn) {
    EXPECT_FALSE(
        read("\x0A\x05"
             "abc"));
    EXPECT_FALSE(read(one_record + "\x1A"));
    EXPECT_FALSE(read(one_record + '\0'));
    EXPECT_FALSE(read(one_record + "\x0C"));
    EXPECT_FALSE(read(one_record + record("\x1A\x05"
                                          "abc")));
    EXPECT_FALSE(read(one_record + record(number(1, 0) + text(3, "x") + "\x0E")));
}

TEST(AggregateReader, AMessageThatLacksARequiredFieldIsARecordOfItsOwn) {
    EXPECT_FALSE(read(one_record + record("")));
    EXPECT_FALSE(read(one_record + record(number(1, 0))));
    EXPECT_FALSE(read(one_record + record(text(3, "x"))));
    EXPECT_FALSE(read(one_record + record(number(1, 0) + text(3, "x") + text(4, ""))));
    EXPECT_FALSE(read(one_record + record(number(1, 0) + text(3, "x") + text(4, text(2, "v")))));
    // A field of another type than the schema's is not the field.
    EXPECT_FALSE(read(one_record + record(text(1, "") + text(3, "x"))));
    EXPECT_FALSE(read(one_record + record(number(1, 0) + number(3, 5))));
}

TEST(AggregateReader, PassesOverTagsAndUnknownFields) {
    EXPECT_EQ(
        read(number(1, 7) + text(15, "?") + "\x7D" + "1234" + text(1, "a") + number(3, 9) +
             record(number(99, 1) + number(1, 0) + text(4, text(1, "k") + text(2, "v")) +
                    text(3, "x") + text(2, "no index") + text(4, text(1, "")) + number(4, 4)) +
             "\x7B\x08\x01\x7C"),
        (std::vector<Kept>{{"a", std::nullopt, "x"}}));
}

TEST(AggregateReader, OfAFieldThatComesTwiceTheLastCounts) {
    EXPECT_EQ(read(text(1, "a") + text(1, "b") +
                   record(number(1, 0) + text(3, "x") + text(3, "y") + number(1, 1))),
              (std::vector<Kept>{{"b", std::nullopt, "y"}}));
}

TEST(AggregateReader, LosesWhatStandsBehindAnIndexOutOfTheTables) {
    const std::string good = record(number(1, 0) + text(3, "good"));
    for (const std::string& bad :
         {record(number(1, 1) + text(3, "bad")), record(number(1, UINT64_MAX) + text(3, "bad")),
          record(number(1, 0) + number(2, 1) + text(3, "bad")),
          record(number(1, 0) + number(2, INT32_MAX) + text(3, "bad"))}) {
        const std::string bytes = aggregate(text(1, "a") + text(2, "0") + good + good + bad + good);
        AggregateReader reader;
        ASSERT_TRUE(reader.read(bytes));
        EXPECT_EQ(kept(reader), (std::vector<Kept>(2, {"a", std::nullopt, "good"})));
        EXPECT_EQ(reader.lost(), 2U);
    }
    EXPECT_EQ(read(record(number(1, 0) + text(3, "without a table"))), std::vector<Kept>{});
}

TEST(AggregateReader, TakesTheLower32BitsOfAnIndexAsTheClientLibraryDoes) {
    EXPECT_EQ(read(text(1, "a") + text(2, "0") +
                   record(number(1, 1ULL << 32U) + number(2, 7ULL << 32U) + text(3, "x"))),
              (std::vector<Kept>{{"a", "0", "x"}}));
}

TEST(AggregateReader, ForgetsTheRecordBefore) {
    AggregateReader reader;
    const std::string first =
        aggregate(text(1, "a") + text(2, "0") + record(number(1, 0) + number(2, 0) + text(3, "x")) +
                  record(number(1, 9) + text(3, "lost")));
    const std::string second = aggregate(record(number(1, 0) + text(3, "no key of its own")));
    ASSERT_TRUE(reader.read(first));
    EXPECT_EQ(reader.records().size(), 1U);
    ASSERT_TRUE(reader.read(second));
    EXPECT_EQ(reader.records().size(), 0U);
    EXPECT_EQ(reader.lost(), 1U);
    EXPECT_FALSE(reader.read("plain"));
    EXPECT_EQ(reader.lost(), 0U);
}

TEST(AggregateReader, ReservesNothingOnTheWordOfALength) {
    AggregateReader reader;
    const std::string bytes = aggregate(
        "\x0A\xFF\xFF\xFF\xFF\x07"
        "abc");
    forget_allocations();
    EXPECT_FALSE(reader.read(bytes));
    // What OpenSSL needs for the first digest is no business of this test, nor its own memory.
    EXPECT_LT(largest_allocation(), 10'000U);
}

TEST(AggregateReader, SurvivesAnyBytesUnderARightDigest) {
    std::mt19937_64 random(7);
    const std::string seed = text(1, "a") + text(1, "b") + text(2, "0") +
                             record(number(1, 1) + number(2, 0) + text(3, "hello")) +
                             record(number(1, 0) + text(4, text(1, "k")) + text(3, "there"));
    AggregateReader reader;
    std::size_t aggregates = 0;
    for (int round = 0; round < 50'000; ++round) {
        std::string message = seed;
        for (std::uint64_t changes = 1 + random() % 4; changes != 0; --changes) {
            const std::size_t at = random() % message.size();
            switch (random() % 3) {
                case 0: message[at] = static_cast<char>(random()); break;
                case 1: message.erase(at, 1 + random() % 3); break;
                default: message.insert(at, 1, static_cast<char>(random()));
            }
        }
        const ExactCopy bytes(aggregate(message));
        if (!reader.read(bytes)) continue;
        ++aggregates;
        // Copying reads every byte of every view.
        for (const Kept& read : kept(reader)) ASSERT_LE(read.data.size(), message.size());
    }
    EXPECT_GT(aggregates, 1'000U);
}

}  // namespace
}  // namespace lk::wire
