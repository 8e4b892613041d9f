#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <random>
#include <utility>

#include "outbox/checksum.hpp"
#include "outbox/little_endian.hpp"
#include "outbox/page_body.hpp"
#include "outbox/schema.hpp"
#include "outbox/test_outbox.hpp"

namespace lk::outbox {
namespace {

constexpr PageFacts facts{
    .id = 7, .kept_at_ms = 1'700'000'000'000, .stream = "events", .fingerprint_seed = 99};

/// Records that stand in memory as said: `text` is cut into them, with a byte that is nobody's
/// after each of `gaps`.
struct Laid {
    Laid(std::vector<std::string> contents, const std::vector<std::size_t>& gaps)
        : texts(std::move(contents)) {
        std::vector<std::size_t> starts;
        for (std::size_t i = 0; i < texts.size(); ++i) {
            starts.push_back(memory.size());
            memory += texts[i];
            if (std::ranges::count(gaps, i) != 0) memory += '#';
        }
        for (std::size_t i = 0; i < texts.size(); ++i) {
            draft.push_back({.cbor = std::string_view(memory).substr(starts[i], texts[i].size()),
                             .data_bytes = static_cast<std::uint32_t>(i),
                             .key_bytes = static_cast<std::uint16_t>(i * 3),
                             .hash_key_bytes = static_cast<std::uint8_t>(i % 40),
                             .is_envelope = i % 2 == 0,
                             .fingerprint = i * 1'000'000'007});
        }
    }
    Laid(const Laid&) = delete;
    Laid& operator=(const Laid&) = delete;

    std::vector<std::string> texts;
    std::string memory;
    PageDraft draft;
};

std::vector<std::string> alike(std::size_t count) {
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < count; ++i) {
        texts.push_back(R"({"id":")" + noise(22, i) + R"(","type":"one of many","data":{"n":)" +
                        std::to_string(i) + R"(},"source":{"userId":null,"producerId":"it"}})");
    }
    return texts;
}

std::vector<std::string> unlike(std::size_t count) {
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < count; ++i) texts.push_back(noise(300, i));
    return texts;
}

void expect_same(const PageBody& read, const Laid& laid) {
    EXPECT_EQ(read.facts.id, facts.id);
    EXPECT_EQ(read.facts.kept_at_ms, facts.kept_at_ms);
    EXPECT_EQ(read.facts.stream, facts.stream);
    EXPECT_EQ(read.facts.fingerprint_seed, facts.fingerprint_seed);
    ASSERT_EQ(read.records.size(), laid.draft.size());
    for (std::size_t i = 0; i < laid.draft.size(); ++i) {
        const KeptRecord& one = read.records[i];
        const KeptRecord& other = laid.draft[i];
        EXPECT_EQ(one.cbor, laid.texts[i]);
        EXPECT_EQ(one.data_bytes, other.data_bytes);
        EXPECT_EQ(one.key_bytes, other.key_bytes);
        EXPECT_EQ(one.hash_key_bytes, other.hash_key_bytes);
        EXPECT_EQ(one.is_envelope, other.is_envelope);
        EXPECT_EQ(one.fingerprint, other.fingerprint);
    }
}

void expect_round_trip(PageBodyWriter& writer, const Laid& laid) {
    const std::string body(writer.write(facts, laid.draft));
    EXPECT_GE(body.size(), least_page_body_bytes);
    const auto read = read_page_body(body);
    ASSERT_TRUE(read);
    expect_same(*read, laid);
}

// Written by one writer, as what it keeps from one must not show in the next.
TEST(PageBody, IsReadAsItWasWrittenWhereverTheRecordsStand) {
    PageBodyWriter writer;
    for (const std::size_t count : {1U, 2U, 3U, 20U, 200U, 3000U}) {
        for (const auto& texts : {alike(count), unlike(count)}) {
            std::vector<std::size_t> every(count);
            std::iota(every.begin(), every.end(), std::size_t{0});
            const std::vector<std::vector<std::size_t>> layouts{
                {}, {0}, {count / 2}, {0, 1}, {0, 1, 2}, {0, 1, 2, 3}, {0, 1, 2, 3, 4}, every};
            for (const auto& gaps : layouts) {
                SCOPED_TRACE(std::to_string(count) + " records, " + std::to_string(gaps.size()) +
                             " gaps");
                expect_round_trip(writer, Laid(texts, gaps));
            }
        }
    }
}

TEST(PageBody, HoldsRecordsOfAnySize) {
    PageBodyWriter writer;
    expect_round_trip(writer, Laid({""}, {}));
    expect_round_trip(writer, Laid({"", "", "x", ""}, {}));
    expect_round_trip(writer, Laid({noise(10'500'000)}, {}));
    expect_round_trip(writer, Laid({std::string(10'500'000, 'x')}, {}));
    expect_round_trip(writer, Laid({noise(1), noise(70'000), std::string(70'000, 'x'), "y"}, {1}));
    expect_round_trip(writer, Laid({"short again"}, {}));
}

TEST(PageBody, TakesAFractionForEventsThatAreAlike) {
    PageBodyWriter writer;
    const Laid events(alike(500), {});
    EXPECT_LT(writer.write(facts, events.draft).size() * 2, events.memory.size());
    // And what cannot be packed hardly more than it has: an entry for each, packed.
    const Laid noisy(unlike(200), {});
    EXPECT_LT(writer.write(facts, noisy.draft).size(),
              noisy.memory.size() + noisy.draft.size() * record_header_bytes + 100);
}

/// A body with a checksum that fits: whoever can write the file can do so, too.
std::string with_checksum(std::string body) {
    set_number(body, 0, checksum(std::string_view(body).substr(sizeof(std::uint64_t))));
    return body;
}

std::string head_of(std::uint16_t version, std::uint32_t records) {
    std::string body;
    append_number(body, std::uint64_t{0});
    append_number(body, std::uint32_t{0x424f4b4c});
    append_number(body, version);
    append_number(body, static_cast<std::uint16_t>(facts.stream.size()));
    append_number(body, facts.id);
    append_number(body, facts.kept_at_ms);
    append_number(body, facts.fingerprint_seed);
    append_number(body, records);
    return body += facts.stream;
}

std::string entry_of(const KeptRecord& record) {
    std::string entry;
    append_number(entry, static_cast<std::uint32_t>(record.cbor.size()));
    append_number(entry, record.data_bytes);
    append_number(entry, record.key_bytes);
    append_number(entry, record.hash_key_bytes);
    append_number(entry, static_cast<std::uint8_t>(record.is_envelope ? 1 : 0));
    append_number(entry, record.fingerprint);
    return entry;
}

std::string as_it_is(std::string_view bytes) {
    std::string block;
    append_number(block, static_cast<std::uint32_t>(bytes.size()));
    append_number(block, static_cast<std::uint32_t>(bytes.size()));
    return block += bytes;
}

// Of before pages were packed.
TEST(PageBody, OfVersion1IsReadToo) {
    const Laid laid(alike(50), {});
    std::string body = head_of(1, 50);
    for (const KeptRecord& record : laid.draft) body += entry_of(record);
    body += laid.memory;
    const std::string whole = with_checksum(body);
    const auto read = read_page_body(whole);
    ASSERT_TRUE(read);
    expect_same(*read, laid);
    EXPECT_FALSE(read_page_body(with_checksum(body + "x")));
    body.pop_back();
    EXPECT_FALSE(read_page_body(with_checksum(body)));
    EXPECT_FALSE(read_page_body(with_checksum(head_of(3, 50))));
}

// As the format's document has them: a token, literals, an offset and a length.
TEST(PageBody, IsReadFromAnyBlockOfLz4) {
    const std::string text(300, 'x');
    const Laid laid({text}, {});
    std::string block;
    append_number(block, std::uint32_t{300});
    append_number(block, std::uint32_t{11});
    // "x"; then 294 bytes from one before: 4 and 15 and 255 and 20; then five literals.
    block += std::string(
        "\x1f"
        "x"
        "\x01\x00"
        "\xff"
        "\x14"
        "\x50"
        "xxxx",
        11);
    std::string body = head_of(2, 1) + as_it_is(entry_of(laid.draft[0]));
    EXPECT_FALSE(read_page_body(with_checksum(body + block))) << "a literal is missing";
    set_number(block, 4, std::uint32_t{12});
    block += 'x';
    const std::string whole = with_checksum(body + block);
    const auto read = read_page_body(whole);
    ASSERT_TRUE(read);
    expect_same(*read, laid);
    EXPECT_TRUE(read_page_body(with_checksum(body + as_it_is("") + block))) << "a piece of nothing";
    EXPECT_FALSE(read_page_body(with_checksum(body + block + "x")));
    EXPECT_FALSE(read_page_body(with_checksum(body + block + block))) << "more than its records";
    EXPECT_FALSE(read_page_body(with_checksum(body))) << "less";
}

TEST(PageBody, IsRefusedWhereItSaysMoreThanThereIs) {
    const auto body_of = [](std::uint32_t records, std::uint32_t bytes, std::uint32_t stored) {
        std::string body = head_of(2, records);
        append_number(body, bytes);
        append_number(body, stored);
        return with_checksum(body + std::string(100, '\0'));
    };
    constexpr auto most = std::numeric_limits<std::uint32_t>::max();
    for (const std::uint32_t records : {0U, 1U, 5U, 1'000'000U, most}) {
        for (const std::uint32_t bytes : {0U, 20U, 100U, 25'500U, 1U << 25U, most}) {
            for (const std::uint32_t stored : {0U, 20U, 100U, 101U, most}) {
                // But what happens to be a record of nothing.
                if (records == 1 && bytes == 20 && stored == 20) continue;
                if (records == 5 && bytes == 100 && stored == 100) continue;
                EXPECT_FALSE(read_page_body(body_of(records, bytes, stored)))
                    << records << " records, " << bytes << " bytes in " << stored;
            }
        }
    }
}

// A file of a few bytes could make millions.
TEST(PageBody, HasNoMoreRecordsThanAPageHolds) {
    PageBodyWriter writer;
    for (const std::size_t more : {0U, 1U}) {
        const PageDraft empty(most_page_records + more);
        EXPECT_EQ(read_page_body(writer.write(facts, empty)).has_value(), more == 0);
    }
}

// What is read is what a body holds, whatever that is: nothing reads past it (as the sanitizers
// see), and no record has bytes of another.
TEST(PageBody, WithOtherBytesIsRefusedOrWhole) {
    std::mt19937_64 random(3);
    PageBodyWriter writer;
    const Laid laid(alike(30), {10});
    const std::string original(writer.write(facts, laid.draft));
    for (int i = 0; i < 20'000; ++i) {
        std::string body = original;
        for (std::uint64_t changes = 1 + random() % 3; changes > 0; --changes) {
            body[8 + random() % (body.size() - 8)] = static_cast<char>(random());
        }
        if (random() % 4 == 0) body.resize(8 + random() % (body.size() - 8));
        const auto read = read_page_body(with_checksum(body));
        if (!read) continue;
        std::size_t bytes = 0;
        for (const KeptRecord& record : read->records) bytes += record.cbor.size();
        ASSERT_EQ(bytes, read->bytes.size());
    }
}

// They are, in an outbox's hands, from one place to the next.
TEST(PageBody, KeepsItsRecordsWhereItIsMoved) {
    PageBodyWriter writer;
    const Laid laid({"a", "b"}, {});
    const std::string body(writer.write(facts, laid.draft));
    auto read = read_page_body(body);
    ASSERT_TRUE(read);
    const PageBody moved = std::move(*read);
    expect_same(moved, laid);
}

TEST(PageBody, NeedsItsChecksum) {
    PageBodyWriter writer;
    const Laid laid(alike(3), {});
    std::string body(writer.write(facts, laid.draft));
    body.back() = static_cast<char>(body.back() ^ 1);
    EXPECT_FALSE(read_page_body(body));
    EXPECT_FALSE(read_page_body(""));
}

}  // namespace
}  // namespace lk::outbox
