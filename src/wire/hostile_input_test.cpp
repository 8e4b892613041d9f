#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "wire/error_answer.hpp"
#include "wire/test_allocations.hpp"
#include "wire/test_messages.hpp"
#include "wire/utf8.hpp"

namespace lk::wire {
namespace {

std::string usual_request() {
    std::string page;
    for (int at = 0; at < 6; ++at) {
        page += finished_record("{\"key\":\"value\"}", "posts-" + std::to_string(at),
                                at % 2 == 0 ? "" : "340282366920938463463374607431768211455");
    }
    const Record all{.data = {}, .partition_key = {}, .explicit_hash_key = {}, .cbor = page};
    Body body;
    encode_put_records(Encoding::cbor,
                       {.stream = "entrypoint", .records = {&all, 1}, .timeout = {}}, body);
    std::string request = joined(body);
    // The page holds six records, not one.
    request[request.find("Records") + 7] = '\x86';
    return request;
}

std::string usual_document(Encoding encoding) {
    return serialize(encoding, {{"ShardId", "shardId-000000000000"},
                                {"Timestamp", 1456000000.123},
                                {"Limit", 10000},
                                {"Negative", -5},
                                {"Big", 18446744073709551615U},
                                {"Float", 1.5},
                                {"Flags", {true, false, nullptr}},
                                {"Data", Document::binary({0, 1, 0xFF})},
                                {"Nested", {{"a", {{"b", {1, {2, {3}}}}}}, {"水", "é\"\\\n"}}}});
}

/// What a reader accepts must hold together: nothing may be accepted that is not written and read
/// back the same, and the fast reader must never see another request than the slow one.
void expect_sound(Encoding encoding, std::string_view bytes) {
    if (const auto document = parse(encoding, bytes)) {
        const std::string written = serialize(encoding, *document);
        const auto again = parse(encoding, written);
        ASSERT_TRUE(again.has_value()) << again.error();
        // As bytes: not a number equals nothing, itself included.
        ASSERT_EQ(serialize(encoding, *again), written);
    } else {
        ASSERT_TRUE(is_utf8(document.error()));
        ASSERT_NE(document.error().find(" at byte "), std::string::npos);
    }
    if (const auto answer = decode_put_records_answer(encoding, bytes, 500)) {
        for (std::size_t at = 0; at < answer->size(); ++at) {
            const auto entry = (*answer)[at];
            ASSERT_NE(entry.stored, entry.sequence_number.empty());
            ASSERT_EQ(entry.stored, entry.error_code.empty());
            ASSERT_TRUE(is_utf8(entry.error_message));
        }
    }
    const ErrorAnswer error = read_error_answer(bytes);
    ASSERT_TRUE(is_utf8(error.code) && is_utf8(error.message));
    ReceivedPutRecords received;
    if (!read_put_records_cbor(bytes, received)) return;
    const auto document = parse(Encoding::cbor, bytes);
    ASSERT_TRUE(document.has_value()) << document.error();
    const Document& records = document->at("Records");
    ASSERT_EQ(records.size(), received.records.size());
    for (std::size_t at = 0; at < records.size(); ++at) {
        const auto& data = records[at].at("Data").get_binary();
        const std::string_view data_view(reinterpret_cast<const char*>(data.data()), data.size());
        ASSERT_EQ(data_view, received.records[at].data);
        ASSERT_EQ(records[at].at("PartitionKey"), received.records[at].partition_key);
    }
}

struct Message {
    Encoding encoding;
    std::string bytes;
};

std::vector<Message> usual_messages() {
    const ErrorAnswer error{"ns#ValidationException", "a \"message\""};
    std::vector<Message> out;
    for (const Encoding encoding : {Encoding::json, Encoding::cbor}) {
        out.push_back({encoding, encoded(encoding, usual_answer(3))});
        out.push_back({encoding, usual_document(encoding)});
        out.push_back({encoding, write_error_answer(encoding, error)});
    }
    out.push_back({Encoding::cbor, usual_request()});
    out.push_back(
        {Encoding::json, "<Error><Code>A</Code><Message>a &lt;b&gt; &#233;</Message></Error>"});
    return out;
}

/// One change of the kinds that break readers: a bit, a byte, a byte that means something, a cut,
/// a part left out, doubled or moved.
void mutate(std::string& bytes, RandomDocuments& random) {
    if (bytes.empty()) return;
    const std::size_t at = random.below(bytes.size());
    const std::size_t length = random.below(std::min<std::size_t>(bytes.size() - at, 24)) + 1;
    constexpr std::string_view meaning =
        "\xFF\x9F\xBF\x5F\x7F\x5A\x5B\x7A\x9A\x9B\xBA\xBB\xC1\xF6\xF7\xFB\xF9\x80\xA0\x81\xA1"
        "{}[]\",:\\u0123456789e-+.<>&;#x \n";
    switch (random.below(7)) {
        case 0: bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8))); return;
        case 1: bytes[at] = static_cast<char>(random.below(256)); return;
        case 2: bytes[at] = meaning[random.below(meaning.size())]; return;
        case 3: bytes.resize(at); return;
        case 4: bytes.erase(at, length); return;
        case 5: bytes.insert(at, std::string(bytes, at, length)); return;
        default: bytes.insert(at, 1, meaning[random.below(meaning.size())]); return;
    }
}

TEST(HostileInput, TheUsualMessagesAreSound) {
    for (const auto& [encoding, bytes] : usual_messages()) expect_sound(encoding, bytes);
    ReceivedPutRecords received;
    const std::string request = usual_request();
    ASSERT_TRUE(read_put_records_cbor(request, received));
    EXPECT_EQ(received.records.size(), 6U);
}

TEST(HostileInput, NoTruncationOfAMessageIsTakenForAMessage) {
    for (const Encoding encoding : {Encoding::json, Encoding::cbor}) {
        const std::string bytes = usual_document(encoding);
        for (std::size_t length = 0; length < bytes.size(); ++length) {
            const ExactCopy copy(std::string_view(bytes).substr(0, length));
            ASSERT_FALSE(parse(encoding, copy).has_value()) << length;
        }
    }
    const std::string request = usual_request();
    ReceivedPutRecords received;
    for (std::size_t length = 0; length < request.size(); ++length) {
        const ExactCopy copy(std::string_view(request).substr(0, length));
        ASSERT_FALSE(read_put_records_cbor(copy, received)) << length;
        ASSERT_FALSE(parse(Encoding::cbor, copy).has_value()) << length;
    }
}

TEST(HostileInput, NoMutationOfAMessageIsReadBeyondItsEndOrInTwoWays) {
    const auto messages = usual_messages();
    RandomDocuments random(31337, Encoding::cbor);
    for (int round = 0; round < 200'000; ++round) {
        auto [encoding, bytes] = messages[static_cast<std::size_t>(round) % messages.size()];
        for (std::uint64_t left = 1 + random.below(4); left != 0; --left) mutate(bytes, random);
        expect_sound(encoding, ExactCopy(bytes));
        if (HasFatalFailure()) FAIL() << "round " << round << ": " << testing::PrintToString(bytes);
    }
}

TEST(HostileInput, NoPromisedLengthIsAllocated) {
    const std::string records = from_hex("a2 6a 53747265616d4e616d65 61 73 67 5265636f726473");
    const std::string entries = from_hex("a1 67 5265636f726473");
    std::vector<std::string> bombs;
    for (const std::string_view length :
         {"1a ffffffff", "1b 7fffffffffffffff", "1b ffffffffffffffff", "1b 8000000000000000",
          "1a 00ffffff"}) {
        for (const char kind : {'\x40', '\x60', '\x80', '\xA0'}) {
            std::string head = from_hex(length);
            head[0] = static_cast<char>(head[0] | kind);
            for (const std::string& before :
                 {std::string(), std::string("\x81"),
                  std::string("\xA1\x61"
                              "a"),
                  std::string("\x5F"), std::string("\x7F"), records, entries}) {
                bombs.push_back(before + head + std::string(64, '\0'));
            }
        }
    }
    for (const std::string& bomb : bombs) {
        ReceivedPutRecords received;
        forget_allocations();
        EXPECT_FALSE(parse(Encoding::cbor, bomb).has_value());
        EXPECT_FALSE(read_put_records_cbor(bomb, received));
        EXPECT_FALSE(decode_put_records_answer(Encoding::cbor, bomb, 500).has_value());
        static_cast<void>(read_error_answer(bomb));
        EXPECT_LT(largest_allocation(), 4096U) << testing::PrintToString(bomb);
    }
}

// Each head may promise as many items as there are bytes left, and the next within it again.
TEST(HostileInput, NestedPromisesAreNotAddedUp) {
    std::string bomb;
    for (int depth = 0; depth < 32; ++depth) bomb += from_hex("9a 0007ffff");
    bomb += std::string(600'000, '\xFF');
    forget_allocations();
    EXPECT_FALSE(parse(Encoding::cbor, bomb).has_value());
    EXPECT_LT(largest_allocation(), 4096U);
}

TEST(HostileInput, ATreeHasNoMoreValuesThanAsked) {
    const auto numbers = [](std::size_t count) { return Document(std::vector<int>(count)); };
    const Document members = {{"a", {{"b", 1}, {"c", nullptr}}},
                              {"d", Document::array({"e", true})}};
    for (const Encoding encoding : {Encoding::json, Encoding::cbor}) {
        EXPECT_TRUE(parse(encoding, serialize(encoding, numbers(99)), 100).has_value());
        const auto refused = parse(encoding, serialize(encoding, numbers(100)), 100);
        ASSERT_FALSE(refused.has_value());
        EXPECT_THAT(refused.error(), testing::HasSubstr("more values than such a message has"));
        EXPECT_TRUE(parse(encoding, serialize(encoding, members), 7).has_value());
        EXPECT_FALSE(parse(encoding, serialize(encoding, members), 6).has_value());
        // As an error it is one that nobody can read.
        EXPECT_EQ(read_error_answer(serialize(encoding, numbers(2000))).code, "");
    }
}

TEST(HostileInput, AnAnswerReservesNoMoreThanItsBytesCanHold) {
    const std::string bytes = encoded(Encoding::cbor, usual_answer(1));
    forget_allocations();
    EXPECT_TRUE(decode_put_records_answer(Encoding::cbor, bytes, 1'000'000'000).has_value());
    EXPECT_LT(largest_allocation(), 4096U);
}

}  // namespace
}  // namespace lk::wire
