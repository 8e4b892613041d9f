#include <gtest/gtest.h>

#include <iterator>
#include <limits>
#include <random>
#include <stdexcept>

#include "wire/test_messages.hpp"

namespace lk::wire {
namespace {

Expected<PutRecordsAnswer, std::string> decoded(Encoding encoding, std::string_view bytes,
                                                std::size_t expected_records = 1) {
    const ExactCopy copy(bytes);
    return decode_put_records_answer(encoding, copy, expected_records);
}

/// The same message in both encodings, so that every rule is checked in each.
std::string problem_of(const Document& message) {
    const auto json = decoded(Encoding::json, serialize(Encoding::json, message));
    const auto cbor = decoded(Encoding::cbor, serialize(Encoding::cbor, message));
    EXPECT_EQ(json.has_value(), cbor.has_value()) << message;
    if (json.has_value()) return "";
    EXPECT_NE(json.error(), "");
    return cbor.error();
}

void expect_same(const PutRecordsAnswer& read, const PutRecordsAnswer& written) {
    ASSERT_EQ(read.size(), written.size());
    for (std::size_t at = 0; at < written.size(); ++at) {
        EXPECT_EQ(read[at].stored, written[at].stored);
        EXPECT_EQ(read[at].shard_id, written[at].shard_id);
        EXPECT_EQ(read[at].sequence_number, written[at].sequence_number);
        EXPECT_EQ(read[at].error_code, written[at].error_code);
        EXPECT_EQ(read[at].error_message, written[at].error_message);
    }
}

class InBothEncodings : public testing::TestWithParam<Encoding> {};

INSTANTIATE_TEST_SUITE_P(PutRecordsAnswer, InBothEncodings,
                         testing::Values(Encoding::json, Encoding::cbor), [](const auto& test) {
                             return test.param == Encoding::json ? "json" : "cbor";
                         });

TEST_P(InBothEncodings, AnAnswerIsReadBackAsItWasWritten) {
    for (const int entries : {0, 1, 23, 24, 255, 256, 500}) {
        const auto written = usual_answer(entries);
        const auto read = decoded(GetParam(), encoded(GetParam(), written), 500);
        ASSERT_TRUE(read.has_value()) << read.error();
        expect_same(*read, written);
    }
}

TEST_P(InBothEncodings, TextsThatNeedEscapesAndLongOnesAreReadBack) {
    PutRecordsAnswer written;
    written.add_failed("Code\"\\\n", "水\x01😀" + std::string(70'000, 'x'));
    written.add_stored("shard\"", "1");
    written.add_failed("NoMessage", "");
    const auto read = decoded(GetParam(), encoded(GetParam(), written));
    ASSERT_TRUE(read.has_value()) << read.error();
    expect_same(*read, written);
}

TEST_P(InBothEncodings, AnAnswerIsWrittenBehindWhatIsThere) {
    std::string out = "before";
    encode_put_records_answer(GetParam(), usual_answer(3), out);
    EXPECT_EQ(out, "before" + encoded(GetParam(), usual_answer(3)));
}

TEST_P(InBothEncodings, AnAnswerSaysWhatAnIndependentDecoderReads) {
    const std::string bytes = encoded(GetParam(), usual_answer(200));
    const auto message =
        GetParam() == Encoding::json ? Document::parse(bytes) : Document::from_cbor(bytes);
    EXPECT_EQ(message.size(), 2U);
    EXPECT_EQ(message.at("FailedRecordCount"), 2);
    ASSERT_EQ(message.at("Records").size(), 200U);
    EXPECT_EQ(
        message["Records"][0],
        Document({{"SequenceNumber", "49590338271490256608559692538361571095921575989136588100"},
                  {"ShardId", "shardId-000000000003"}}));
    EXPECT_EQ(message["Records"][99].at("ErrorCode"), "ProvisionedThroughputExceededException");
    EXPECT_EQ(message["Records"][99].size(), 2U);
}

TEST_P(InBothEncodings, EveryTruncationOfAnAnswerIsRefused) {
    const std::string bytes = encoded(GetParam(), usual_answer(110));
    for (std::size_t length = 0; length < bytes.size(); ++length) {
        const auto read = decoded(GetParam(), std::string_view(bytes).substr(0, length));
        ASSERT_FALSE(read.has_value()) << length;
        ASSERT_EQ(read.error().find("not a PutRecords answer: "), 0U) << read.error();
    }
}

TEST_P(InBothEncodings, BytesAfterTheEndAreRefused) {
    EXPECT_FALSE(decoded(GetParam(), encoded(GetParam(), usual_answer(1)) + "1").has_value());
}

TEST_P(InBothEncodings, MembersComeInAnyOrderAndUnknownOnesArePassedOver) {
    // nlohmann sorts names: EncryptionType, FailedRecordCount, Records, then what follows them.
    const Document message = {
        {"AAA", {1, {{"x", nullptr}}}},
        {"EncryptionType", "KMS"},
        {"FailedRecordCount", 0},
        {"Records",
         {{{"AAA", {true}}, {"SequenceNumber", "5"}, {"ShardId", "s"}, {"ZZZ", {{"y", 1.5}}}}}},
        {"ZZZ", Document::binary({1, 2})}};
    const auto read = decoded(GetParam(), serialize(GetParam(), message));
    ASSERT_TRUE(read.has_value()) << read.error();
    ASSERT_EQ(read->size(), 1U);
    EXPECT_TRUE((*read)[0].stored);
    EXPECT_EQ((*read)[0].sequence_number, "5");
    EXPECT_EQ((*read)[0].shard_id, "s");
}

TEST_P(InBothEncodings, MembersThatAreNullCountAsAbsent) {
    const Document message = {{"EncryptionType", nullptr},
                              {"Records",
                               {{{"SequenceNumber", "5"},
                                 {"ShardId", "s"},
                                 {"ErrorCode", nullptr},
                                 {"ErrorMessage", nullptr}},
                                {{"SequenceNumber", nullptr},
                                 {"ShardId", nullptr},
                                 {"ErrorCode", "InternalFailure"},
                                 {"ErrorMessage", "Internal service failure."}}}}};
    const auto read = decoded(GetParam(), serialize(GetParam(), message));
    ASSERT_TRUE(read.has_value()) << read.error();
    EXPECT_TRUE((*read)[0].stored);
    EXPECT_FALSE((*read)[1].stored);
    EXPECT_EQ((*read)[1].error_code, "InternalFailure");
}

TEST(PutRecordsAnswer, ARecordWithoutAShardWasStoredAllTheSame) {
    const auto read = decoded(Encoding::json, R"({"Records":[{"SequenceNumber":"5"}]})");
    ASSERT_TRUE(read.has_value()) << read.error();
    EXPECT_TRUE((*read)[0].stored);
    EXPECT_EQ((*read)[0].shard_id, "");
}

TEST(PutRecordsAnswer, WhatIsNoneIsRefusedWithTheReason) {
    const Document stored = {{"SequenceNumber", "5"}, {"ShardId", "s"}};
    EXPECT_EQ(problem_of({{"Records", {stored}}}), "");
    EXPECT_EQ(problem_of({{"Records", {stored, {{"ShardId", "s"}}}}}),
              "not a PutRecords answer: entry 1 has neither SequenceNumber nor ErrorCode");
    EXPECT_EQ(problem_of({{"Records", {{{"SequenceNumber", ""}, {"ErrorCode", ""}}}}}),
              "not a PutRecords answer: entry 0 has neither SequenceNumber nor ErrorCode");
    EXPECT_EQ(problem_of({{"FailedRecordCount", 0}}), "not a PutRecords answer: it has no Records");
    EXPECT_NE(problem_of({{"Records", nullptr}}), "");
    EXPECT_NE(problem_of({{"Records", {{"a", 1}}}}), "");
    EXPECT_NE(problem_of({{"Records", {1}}}), "");
    EXPECT_NE(problem_of({{"Records", {{{"SequenceNumber", 5}}}}}), "");
    EXPECT_NE(problem_of(Document::array()), "");
    EXPECT_NE(problem_of("Records"), "");
}

TEST(PutRecordsAnswer, RecordsTwiceAreRefused) {
    EXPECT_EQ(decoded(Encoding::json, R"({"Records":[],"Records":[]})").error(),
              "not a PutRecords answer: it has Records twice");
    EXPECT_EQ(
        decoded(Encoding::cbor, from_hex("a2 67 5265636f726473 80 67 5265636f726473 80")).error(),
        "not a PutRecords answer: it has Records twice");
}

TEST(PutRecordsAnswer, NestingWithoutEndIsRefused) {
    const std::string deep =
        "{\"x\":" + std::string(100'000, '[') + std::string(100'000, ']') + ",\"Records\":[]}";
    EXPECT_FALSE(decoded(Encoding::json, deep).has_value());
    const std::string deep_cbor =
        from_hex("a2 61 78") + std::string(100'000, '\x81') + from_hex("00 67 5265636f726473 80");
    EXPECT_FALSE(decoded(Encoding::cbor, deep_cbor).has_value());
}

// kinesalite 3 cuts its CBOR answers where its encoder's buffer ends.
TEST(PutRecordsAnswer, OneCutAt16KiBIsRefusedByTheByte) {
    const std::string bytes = encoded(Encoding::cbor, usual_answer());
    const auto read = decoded(Encoding::cbor, bytes.substr(0, 16'384), 500);
    ASSERT_FALSE(read.has_value());
    EXPECT_EQ(read.error(),
              "not a PutRecords answer: CBOR at byte 16368 of 16384: a string longer than what is "
              "left of the message");
}

TEST(PutRecordsAnswer, StringsInPiecesDoNotOverwriteEachOther) {
    const auto read = decoded(Encoding::cbor,
                              from_hex("bf 67 5265636f726473 9f bf"
                                       "7f 67 53686172644964 ff   7f 61 73 62 2d31 ff"  // ShardId
                                       "7f 68 53657175656e6365 66 4e756d626572 ff 7f 61 31 61 32 ff"
                                       "ff ff ff"));
    ASSERT_TRUE(read.has_value()) << read.error();
    EXPECT_EQ((*read)[0].shard_id, "s-1");
    EXPECT_EQ((*read)[0].sequence_number, "12");
}

// An entry that has the bytes of the one before but for its texts is not read anew.
TEST(PutRecordsAnswer, EntriesOfChangingShapesAreReadOneByOne) {
    const Document stored = {{"SequenceNumber", "4961"}, {"ShardId", "shard-0"}};
    const Document other = {{"SequenceNumber", "5062"}, {"ShardId", "shard-1"}};
    const Document shorter = {{"SequenceNumber", "7"}, {"ShardId", "shard-10"}};
    const Document failed = {{"ErrorCode", "Slow"}, {"ErrorMessage", "shard 1"}};
    const Document with_more = {{"SequenceNumber", "8888"}, {"ShardId", "shard-2"}, {"x", {1, 2}}};
    const Document with_null = {
        {"SequenceNumber", "9999"}, {"ShardId", "shard-3"}, {"ErrorCode", nullptr}};
    const Document alone = {{"SequenceNumber", "1111"}};
    std::mt19937 random(5);
    for (int round = 0; round < 300; ++round) {
        Document entries = Document::array();
        const Document* last = &stored;
        for (int i = 0; i < 40; ++i) {
            const Document* const shapes[] = {&stored,    &other,     &shorter, &failed,
                                              &with_more, &with_null, &alone,   last};
            last = shapes[random() % std::size(shapes)];
            entries.push_back(*last);
        }
        const auto read =
            decoded(Encoding::cbor, serialize(Encoding::cbor, {{"Records", entries}}), 40);
        ASSERT_TRUE(read.has_value()) << read.error();
        ASSERT_EQ(read->size(), entries.size());
        for (std::size_t at = 0; at < entries.size(); ++at) {
            const auto text = [&](const char* name) {
                const Document& entry = entries[at];
                const bool has = entry.contains(name) && entry[name].is_string();
                return has ? entry[name].get<std::string>() : std::string();
            };
            EXPECT_EQ((*read)[at].sequence_number, text("SequenceNumber"));
            EXPECT_EQ((*read)[at].shard_id, text("ShardId"));
            EXPECT_EQ((*read)[at].error_code, text("ErrorCode"));
            EXPECT_EQ((*read)[at].error_message, text("ErrorMessage"));
        }
    }
}

TEST(PutRecordsAnswer, AnEntryLikeTheOneBeforeIsStillCheckedForUtf8AndItsEnd) {
    const std::string entry = from_hex(
        "a2 6e 53657175656e63654e756d626572 61 31"
        "67 53686172644964 61 73");
    const std::string head = from_hex("a1 67 5265636f726473 83");
    EXPECT_TRUE(decoded(Encoding::cbor, head + entry + entry + entry, 3).has_value());
    std::string bad = entry;
    bad.back() = '\xFF';
    const auto read = decoded(Encoding::cbor, head + entry + bad + entry, 3);
    ASSERT_FALSE(read.has_value());
    EXPECT_NE(read.error().find("not UTF-8"), std::string::npos) << read.error();
    for (std::size_t cut = 1; cut < entry.size(); ++cut) {
        const std::string whole = head + entry + entry + entry;
        EXPECT_FALSE(decoded(Encoding::cbor, whole.substr(0, whole.size() - cut), 3).has_value());
    }
}

TEST(PutRecordsAnswer, ALargeAnswerLeavesTheNextOneReadable) {
    const std::string padding(3'000'000, 'x');
    const auto large = decoded(
        Encoding::json, "{\"x\":\"" + padding + "\",\"Records\":[{\"SequenceNumber\":\"1\"}]}");
    ASSERT_TRUE(large.has_value());
    const auto small = decoded(Encoding::json, encoded(Encoding::json, usual_answer()), 500);
    ASSERT_TRUE(small.has_value());
    expect_same(*small, usual_answer());
}

TEST(PutRecordsAnswer, KeepsItsEntriesInOrder) {
    PutRecordsAnswer answer;
    answer.reserve(1, 1);
    answer.add_stored("shard", "12345");
    answer.add_failed("Code", "");
    answer.add_stored("", "6");
    ASSERT_EQ(answer.size(), 3U);
    EXPECT_EQ(answer.failed(), 1U);
    EXPECT_EQ(answer[0].shard_id, "shard");
    EXPECT_EQ(answer[0].sequence_number, "12345");
    EXPECT_EQ(answer[0].error_code, "");
    EXPECT_FALSE(answer[1].stored);
    EXPECT_EQ(answer[1].error_code, "Code");
    EXPECT_EQ(answer[1].error_message, "");
    EXPECT_EQ(answer[2].shard_id, "");
    EXPECT_EQ(answer[2].sequence_number, "6");
}

TEST(PutRecordsAnswer, RefusesMoreTextThanItCanCount) {
    PutRecordsAnswer answer;
    answer.add_stored("shard", "1");
    // Never read: its length alone is too much.
    const std::string_view too_long("x", std::size_t{std::numeric_limits<std::uint32_t>::max()});
    EXPECT_THROW(answer.add_failed("Code", too_long), std::length_error);
    EXPECT_THROW(answer.add_failed(too_long, ""), std::length_error);
    EXPECT_EQ(answer.size(), 1U);
    EXPECT_EQ(answer.failed(), 0U);
}

}  // namespace
}  // namespace lk::wire
