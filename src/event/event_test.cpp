#include <gtest/gtest.h>

#include <lk/event.hpp>

#include "event/envelope.hpp"

namespace lk {
namespace {

TEST(Event, GivesTheBytesThatItWasReadFrom) {
    for (const std::string_view json :
         {R"({"id":"1","type":"t","data":{"a":[1,"b"]},"timestamp":"2016-01-01T00:00:00.000Z",)"
          R"("source":{"userId":"u\n","producerId":"p\"","kinesisPartitionKey":"k"}})",
          R"({"id":"1","type":"","timestamp":"","source":{"userId":null,"producerId":"",)"
          R"("kinesisPartitionKey":""}})"}) {
        Event event;
        ASSERT_TRUE(event::read_envelope(json, event));
        EXPECT_EQ(event.json(), json);
    }
}

TEST(Event, WithAnEmptyUserWritesNullAsTheSeedDoes) {
    Event event;
    event.id = "an id";
    event.type = "a type";
    event.timestamp = "now";
    event.source = {.user_id = "", .producer_id = "a host", .kinesis_partition_key = "a key"};
    EXPECT_EQ(event.json(),
              R"({"id":"an id","type":"a type","timestamp":"now","source":{"userId":null,)"
              R"("producerId":"a host","kinesisPartitionKey":"a key"}})");
}

TEST(Event, OfARecordWithoutEnvelopeGivesItsBytes) {
    Event record;
    record.data = std::string("\x00\xFF any bytes", 12);
    record.source.kinesis_partition_key = "a key";
    EXPECT_EQ(record.json(), *record.data);
}

}  // namespace
}  // namespace lk
