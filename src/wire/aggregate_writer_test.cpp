#include "wire/aggregate_writer.hpp"

#include <gtest/gtest.h>

#include <string>

#include "wire/test_aggregates.hpp"
#include "wire/test_allocations.hpp"
#include "wire/test_messages.hpp"

namespace lk::wire {
namespace {

using test::aggregate;
using test::number;
using test::sealed;
using test::text;

std::string record(std::uint64_t key, std::string_view data) {
    return text(3, number(1, key) + number(2, 0) + text(3, data));
}

TEST(AggregateWriter, WritesTheBytesOfTheFormat) {
    AggregateWriter writer;
    writer.begin("0");
    writer.add("a", "hello");
    // The digest is md5sum's.
    const std::string expected = from_hex(
        "F3899AC2 0A01 61 1201 30 1A0B 0800 1000 1A05 68656C6C6F"
        "8E10A73BD993C9C28972B1FF508B1B28");
    EXPECT_EQ(sealed(writer), expected);
}

TEST(AggregateWriter, EntersAKeyOnceHoweverOftenItComes) {
    AggregateWriter writer;
    writer.begin("17");
    for (const char* key : {"a", "a", "b", "a", "b", "b"}) writer.add(key, "1");
    EXPECT_EQ(sealed(writer), aggregate(text(1, "a") + text(1, "b") + text(2, "17") +
                                        record(0, "1") + record(0, "1") + record(1, "1") +
                                        record(0, "1") + record(1, "1") + record(1, "1")));
}

TEST(AggregateWriter, WritesKeysAndDataOfAnyLengthAndBytes) {
    const std::string long_key(256 * 4, 'k');
    const std::string every_byte = [] {
        std::string bytes;
        for (int c = 0; c < 256; ++c) bytes += static_cast<char>(c);
        return bytes;
    }();
    const std::string large(1'000'000, 'x');
    AggregateWriter writer;
    writer.begin("340282366920938463463374607431768211455");
    writer.add(long_key, every_byte);
    writer.add("", "");
    writer.add(every_byte, large);
    EXPECT_EQ(sealed(writer), aggregate(text(1, long_key) + text(1, "") + text(1, every_byte) +
                                        text(2, "340282366920938463463374607431768211455") +
                                        record(0, every_byte) + record(1, "") + record(2, large)));
}

TEST(AggregateWriter, BeginsEachAggregateAnew) {
    AggregateWriter writer;
    const std::string first = aggregate(text(1, "a") + text(2, "1") + record(0, "first"));
    writer.begin("1");
    writer.add("a", "first");
    EXPECT_EQ(sealed(writer), first);
    // Larger, and with more before the records than the last time.
    std::string keys;
    std::string records;
    writer.begin("2");
    for (unsigned key = 0; key < 1'000; ++key) {
        const std::string name = "key" + std::to_string(key);
        writer.add(name, name);
        keys += text(1, name);
        records += record(key, name);
    }
    EXPECT_EQ(sealed(writer), aggregate(keys + text(2, "2") + records));
    writer.begin("1");
    writer.add("a", "first");
    EXPECT_EQ(sealed(writer), first);
    writer.begin("3");
    writer.add("b", "unfinished");
    writer.begin("1");
    writer.add("a", "first");
    EXPECT_EQ(sealed(writer), first);
}

TEST(AggregateWriter, TellsTheSizeThatTheAggregateWouldHave) {
    AggregateWriter writer;
    writer.begin("170141183460469231731687303715884105728");
    std::size_t before = 0;
    std::size_t told = 0;
    // Across the edges where a key's number and the data's length take a byte more.
    for (std::size_t index = 0; index < 17'000; ++index) {
        const std::string key = "key" + std::to_string(index % 16'500);
        const std::string data(index % 300, 'd');
        before = told;
        told = writer.bytes_with(key, data.size());
        if (index != 0) {
            ASSERT_LE(told - before, AggregateWriter::most_bytes_added(key.size(), data.size()));
        }
        ASSERT_EQ(told, writer.bytes_with(key, data.size()));
        writer.add(key, data);
    }
    EXPECT_EQ(writer.finish().size(), told);

    writer.begin("0");
    EXPECT_EQ(writer.bytes_with("a", 5), 4U + 3U + 3U + 13U + 16U);
    writer.add("a", "hello");
    EXPECT_EQ(writer.bytes_with("a", 5), 4U + 3U + 3U + 2U * 13U + 16U);
    EXPECT_EQ(writer.bytes_with("b", 5), 4U + 2U * 3U + 3U + 2U * 13U + 16U);
}

TEST(AggregateWriter, AllocatesNothingOnceItHasSeenAnAggregateOfTheSize) {
    AggregateWriter writer;
    const std::string data(300, 'd');
    std::string key = "01234567-89ab-4def-8123-456789abcdef";
    const auto write = [&](char salt) {
        writer.begin("12345");
        for (unsigned index = 0; index < 2'000; ++index) {
            key[0] = salt;
            key[1] = static_cast<char>(index);
            key[2] = static_cast<char>(index >> 8);
            writer.add(key, data);
        }
        return writer.finish().size();
    };
    const std::size_t bytes = write('a');
    forget_allocations();
    EXPECT_EQ(write('b'), bytes);
    EXPECT_EQ(largest_allocation(), 0U);
}

}  // namespace
}  // namespace lk::wire
