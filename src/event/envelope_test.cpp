#include "event/envelope.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "event/json_text.hpp"

namespace lk::event {
namespace {

std::string json_string(std::string_view text) {
    std::string out(json_string_bytes(text), '\0');
    write_json_string(out.data(), text);
    return out;
}

/// Written into memory of just the size that was told, so that a sanitizer sees every byte more.
std::string written(const Envelope& envelope) {
    std::vector<char> out(envelope_bytes(envelope));
    const char* const end = write_envelope(out.data(), envelope);
    EXPECT_EQ(end, out.data() + out.size());
    return {out.begin(), out.end()};
}

/// Owns the text of an envelope.
struct Fields {
    std::string id = "00000000-0000-4000-8000-000000000002";
    std::string type = "eventType";
    bool has_data = true;
    std::string data = R"({"key":"value"})";
    std::string timestamp = "2016-01-01T00:00:00.000Z";
    std::string user_id = "userId";
    std::string producer_id = "server@hostname";
    std::string partition_key = "partitionKey";

    [[nodiscard]] std::string json() const {
        const std::string producer_id_json = json_string(producer_id);
        return written({.id = id,
                        .type = type,
                        .has_data = has_data,
                        .data = data,
                        .timestamp = timestamp,
                        .user_id = user_id,
                        .producer_id_json = producer_id_json,
                        .partition_key = partition_key});
    }
};

Fields random_fields(std::mt19937_64& random) {
    constexpr std::string_view pieces[] = {"a",
                                           "Z9",
                                           "\"",
                                           "\\",
                                           "/",
                                           "\n",
                                           "\x01",
                                           "\x1F",
                                           "\x7F",
                                           "\xC3\xA9",
                                           "\xE2\x80\xA8",
                                           "\xF0\x9F\x98\x80",
                                           "\",\"timestamp\":",
                                           "}}",
                                           "{\"id\":",
                                           "null"};
    constexpr std::string_view data[] = {"null",
                                         "0",
                                         "-1.5e400",
                                         "\"\"",
                                         R"("\ud800")",
                                         "[]",
                                         "{}",
                                         R"([{"a":[]},"}}"])",
                                         R"({"timestamp":"x","source":{"userId":null}})",
                                         R"(",\"timestamp\":\"")",
                                         "true",
                                         R"({"data":{"data":{"data":null}}})",
                                         "\"\xF0\x9F\x98\x80\""};
    const auto text = [&] {
        std::string out;
        for (std::size_t count = random() % 12; count != 0; --count) {
            out += pieces[random() % std::size(pieces)];
        }
        return out;
    };
    return {.id = text(),
            .type = text(),
            .has_data = random() % 4 != 0,
            .data = std::string(data[random() % std::size(data)]),
            .timestamp = text(),
            .user_id = text(),
            .producer_id = text(),
            .partition_key = text()};
}

TEST(Envelope, IsWrittenInTheOrderOfTheSeed) {
    EXPECT_EQ(Fields().json(), R"({"id":"00000000-0000-4000-8000-000000000002","type":"eventType",)"
                               R"("data":{"key":"value"},"timestamp":"2016-01-01T00:00:00.000Z",)"
                               R"("source":{"userId":"userId","producerId":"server@hostname",)"
                               R"("kinesisPartitionKey":"partitionKey"}})");
}

TEST(Envelope, WithoutDataHasNoDataMemberAndWithoutUserNull) {
    Fields fields;
    fields.has_data = false;
    fields.user_id.clear();
    EXPECT_EQ(fields.json(), R"({"id":"00000000-0000-4000-8000-000000000002","type":"eventType",)"
                             R"("timestamp":"2016-01-01T00:00:00.000Z",)"
                             R"("source":{"userId":null,"producerId":"server@hostname",)"
                             R"("kinesisPartitionKey":"partitionKey"}})");
}

TEST(Envelope, OfDefaultOptionsAdds228BytesToTheData) {
    Fields fields;
    fields.user_id.clear();
    fields.partition_key = fields.id;
    EXPECT_EQ(fields.json().size(), fields.data.size() + 228);
}

TEST(Envelope, ReadsBackWhatItWroteWhateverTheFieldsHold) {
    std::mt19937_64 random(6);
    for (int round = 0; round < 20'000; ++round) {
        const Fields fields = random_fields(random);
        const std::string json = fields.json();
        // What an earlier event left behind must not show through.
        Event event;
        event.id = event.type = event.timestamp = "old";
        event.data = "old";
        event.source = {.user_id = "old", .producer_id = "old", .kinesis_partition_key = "old"};
        ASSERT_TRUE(read_envelope(json, event)) << json;
        ASSERT_EQ(event.id, fields.id);
        ASSERT_EQ(event.type, fields.type);
        ASSERT_EQ(event.data, fields.has_data ? std::optional(fields.data) : std::nullopt);
        ASSERT_EQ(event.timestamp, fields.timestamp);
        ASSERT_EQ(event.source.user_id.value_or(""), fields.user_id);
        ASSERT_EQ(event.source.user_id.has_value(), !fields.user_id.empty());
        ASSERT_EQ(event.source.producer_id, fields.producer_id);
        ASSERT_EQ(event.source.kinesis_partition_key, fields.partition_key);
    }
}

/// Either refused, or read as an event that is written in the very same bytes.
void expect_read_exactly_or_refused(std::string_view text, int& read) {
    const std::vector<char> exact(text.begin(), text.end());
    Event event;
    if (!read_envelope({exact.data(), exact.size()}, event)) return;
    ++read;
    const Fields fields{.id = event.id,
                        .type = event.type,
                        .has_data = event.data.has_value(),
                        .data = event.data.value_or(""),
                        .timestamp = event.timestamp,
                        .user_id = event.source.user_id.value_or(""),
                        .producer_id = event.source.producer_id,
                        .partition_key = event.source.kinesis_partition_key};
    ASSERT_EQ(fields.json(), text);
}

TEST(Envelope, SpoiltTextIsRefusedOrReadExactly) {
    std::mt19937_64 random(7);
    int read = 0;
    for (int round = 0; round < 50'000; ++round) {
        std::string json = random_fields(random).json();
        for (std::size_t changes = 1 + random() % 3; changes != 0; --changes) {
            const std::size_t at = random() % (json.size() + 1);
            switch (random() % 4) {
                case 0: json.insert(at, 1, static_cast<char>(random())); break;
                case 1: json.erase(at, random() % 4); break;
                case 2:
                    json.insert(at, json.substr(random() % (json.size() + 1), random() % 16));
                    break;
                default: json.resize(at); break;
            }
        }
        expect_read_exactly_or_refused(json, read);
    }
    // Some changes only touch the inside of a string.
    EXPECT_GT(read, 0);
}

TEST(Envelope, RandomBytesAreRefused) {
    std::mt19937_64 random(8);
    int read = 0;
    for (int round = 0; round < 20'000; ++round) {
        std::string text(random() % 64, '\0');
        for (char& c : text) c = static_cast<char>(random());
        expect_read_exactly_or_refused(text, read);
        expect_read_exactly_or_refused(R"({"id":")" + text, read);
    }
    EXPECT_EQ(read, 0);
}

TEST(Envelope, TextThatIsWrittenInAnotherWayIsRefused) {
    const std::string json = Fields().json();
    const auto replaced = [&](std::string_view what, std::string_view with) {
        std::string text = json;
        text.replace(text.find(what), what.size(), with);
        return text;
    };
    Event event;
    ASSERT_TRUE(read_envelope(json, event));
    for (const std::string& other : {std::string(),
                                     json + " ",
                                     json + "\n",
                                     " " + json,
                                     json + "{}",
                                     json.substr(1),
                                     json.substr(0, json.size() - 1),
                                     replaced(",\"type\"", ", \"type\""),
                                     replaced("\"id\":", "\"ID\":"),
                                     replaced("{\"key\":", "{\"key\": "),
                                     replaced("{\"key\":", "{ \"key\":"),
                                     replaced("\"value\"", "\"value\","),
                                     replaced("\"userId\":\"userId\"", "\"userId\":\"\""),
                                     replaced("\"userId\":\"userId\"", "\"userId\":5"),
                                     replaced("eventType", "event\\u0054ype"),
                                     replaced("eventType", "event\\/Type"),
                                     replaced("\"eventType\"", "null"),
                                     replaced("\"server@hostname\"", "null"),
                                     replaced("}}", ",\"more\":1}}"),
                                     replaced("eventType", "\xFF"),
                                     replaced("{\"key\":\"value\"}", "")}) {
        EXPECT_FALSE(read_envelope(other, event)) << other;
    }
}

TEST(Envelope, DataOfAnyDepthIsReadInBoundedMemory) {
    Fields fields;
    fields.data = std::string(1024, '[') + std::string(1024, ']');
    Event event;
    EXPECT_TRUE(read_envelope(fields.json(), event));
    EXPECT_EQ(event.data, fields.data);
    fields.data = std::string(1'000'000, '[');
    EXPECT_FALSE(read_envelope(fields.json(), event));
}

}  // namespace
}  // namespace lk::event
