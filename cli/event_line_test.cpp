#include "cli/event_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lk::cli {
namespace {

using ::testing::HasSubstr;

constexpr const char* plain =
    R"({"id":"i","type":"t \"quoted\"","data":{"n":1e400, "s":"\ud800"},"timestamp":"2016-01-01T00:00:00.000Z",)"
    R"("source":{"userId":null,"producerId":"p","kinesisPartitionKey":"k"}})";

TEST(EventLine, ReadsAnEventAsTailPrintsIt) {
    EventLineReader reader;
    const auto read = reader.read(plain);
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(read->event.id, "i");
    EXPECT_EQ(read->event.type, "t \"quoted\"");
    EXPECT_EQ(read->event.data, R"({"n":1e400, "s":"\ud800"})") << "as it stands";
    EXPECT_EQ(read->event.timestamp, "2016-01-01T00:00:00.000Z");
    EXPECT_FALSE(read->event.source.user_id);
    EXPECT_EQ(read->event.source.producer_id, "p");
    EXPECT_EQ(read->event.source.kinesis_partition_key, "k");
    EXPECT_FALSE(read->is_record);
}

TEST(EventLine, ReadsADeadLetter) {
    EventLineReader reader;
    const auto read = reader.read(
        std::string(R"({"event":)") + plain +
        R"(,"stream":"s","failedAt":"x","reason":{"code":"network","message":"id"},"explicitHashKey":"7"})");
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(read->event.id, "i");
    EXPECT_EQ(read->explicit_hash_key, "7");
}

TEST(EventLine, WhatItWritesItReads) {
    EventLineReader reader;
    EventLine record;
    record.is_record = true;
    record.event.data = std::string("\0\xFF bytes", 8);
    record.event.source.kinesis_partition_key = "kéy";
    const auto read = reader.read(event_line(record, "s"));
    ASSERT_TRUE(read) << read.error();
    EXPECT_TRUE(read->is_record);
    EXPECT_EQ(read->event.data, record.event.data);
    EXPECT_EQ(read->event.source.kinesis_partition_key, "kéy");

    const auto event = reader.read(plain);
    const std::string line = event_line(*event, "s");
    const auto again = reader.read(line);
    ASSERT_TRUE(again) << again.error();
    EXPECT_EQ(event_line(*again, "s"), line);
}

TEST(EventLine, SaysWhatALineMustBe) {
    EventLineReader reader;
    for (const char* line : {"", "{", "[]", "1", "{}", R"({"id":1,"type":"t"})", R"({"event":1})",
                             R"({"record":{"data":"not base64!"}})", R"({"id":"i","type":"t")",
                             R"({"id":"i","type":"t","source":[]})"}) {
        const auto read = reader.read(line);
        ASSERT_FALSE(read) << line;
        EXPECT_THAT(read.error(), HasSubstr("no event"));
    }
}

}  // namespace
}  // namespace lk::cli
