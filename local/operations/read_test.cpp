#include <gmock/gmock.h>

#include "local/operations/both_encodings.hpp"

namespace lk::local {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using wire::Document;
using namespace std::chrono_literals;

class Read : public BothEncodings {
  protected:
    [[nodiscard]] Document get(const std::string& iterator, int limit = 10'000) const {
        return kinesis.ask("GetRecords", {{"ShardIterator", iterator}, {"Limit", limit}});
    }
    [[nodiscard]] std::vector<std::string> from(std::string_view type,
                                                const Document& more = Document::object()) const {
        return kinesis.read(kinesis.iterator("s", type, more));
    }
    [[nodiscard]] wire::ErrorAnswer refused(std::string_view type, const Document& more) const {
        Document request = {
            {"StreamName", "s"}, {"ShardId", "shardId-000000000000"}, {"ShardIteratorType", type}};
        request.update(more);
        return kinesis.refusal("GetShardIterator", request);
    }
    std::vector<std::string> three_records() const {
        return {kinesis.put("s", "1"), kinesis.put("s", "2"), kinesis.put("s", "3")};
    }
};

TEST_P(Read, FromTheTrimHorizonGivesEverything) {
    kinesis.create("s");
    EXPECT_THAT(from("TRIM_HORIZON"), IsEmpty());
    three_records();
    EXPECT_THAT(from("TRIM_HORIZON"), ElementsAre("1", "2", "3"));
}

TEST_P(Read, FromTheLatestGivesWhatComesAfterwards) {
    kinesis.create("s");
    kinesis.put("s", "before");
    const std::string latest = kinesis.iterator("s", "LATEST");
    const Document none = get(latest);
    EXPECT_THAT(none.at("Records"), IsEmpty());
    EXPECT_EQ(none.at("MillisBehindLatest"), 0);
    kinesis.put("s", "after");
    EXPECT_THAT(kinesis.read(latest), ElementsAre("after"));
    EXPECT_THAT(kinesis.read(none.at("NextShardIterator")), ElementsAre("after"));
}

TEST_P(Read, AtASequenceNumberBeginsWithIt) {
    kinesis.create("s");
    const auto numbers = three_records();
    EXPECT_THAT(from("AT_SEQUENCE_NUMBER", {{"StartingSequenceNumber", numbers[0]}}),
                ElementsAre("1", "2", "3"));
    EXPECT_THAT(from("AT_SEQUENCE_NUMBER", {{"StartingSequenceNumber", numbers[1]}}),
                ElementsAre("2", "3"));
}

TEST_P(Read, AfterASequenceNumberBeginsBehindIt) {
    kinesis.create("s");
    const auto numbers = three_records();
    EXPECT_THAT(from("AFTER_SEQUENCE_NUMBER", {{"StartingSequenceNumber", numbers[0]}}),
                ElementsAre("2", "3"));
    EXPECT_THAT(from("AFTER_SEQUENCE_NUMBER", {{"StartingSequenceNumber", numbers[2]}}), IsEmpty());
}

TEST_P(Read, AtTheShardsOwnFirstSequenceNumberGivesEverything) {
    kinesis.create("s");
    three_records();
    const std::string first = kinesis.ask("ListShards", {{"StreamName", "s"}})
                                  .at("Shards")[0]
                                  .at("SequenceNumberRange")
                                  .at("StartingSequenceNumber");
    for (const char* type : {"AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"}) {
        EXPECT_THAT(from(type, {{"StartingSequenceNumber", first}}), ElementsAre("1", "2", "3"));
    }
}

TEST_P(Read, AtATimeBeginsWithTheFirstRecordFromThenOn) {
    kinesis.create("s");
    for (const char* data : {"1", "2", "3"}) {
        kinesis.pass(1s);
        kinesis.put("s", data);
    }
    const double last = static_cast<double>(kinesis.now_ms()) / 1000;
    EXPECT_THAT(from("AT_TIMESTAMP", {{"Timestamp", last - 3600}}), ElementsAre("1", "2", "3"));
    EXPECT_THAT(from("AT_TIMESTAMP", {{"Timestamp", last - 1}}), ElementsAre("2", "3"));
    EXPECT_THAT(from("AT_TIMESTAMP", {{"Timestamp", last - 0.999}}), ElementsAre("3"));
    EXPECT_THAT(from("AT_TIMESTAMP", {{"Timestamp", last}}), ElementsAre("3"));
    kinesis.pass(1s);
    EXPECT_THAT(from("AT_TIMESTAMP", {{"Timestamp", last + 1}}), IsEmpty());
    EXPECT_THAT(refused("AT_TIMESTAMP", {{"Timestamp", last + 1.001}}).message,
                HasSubstr("The timestampInMillis parameter cannot be greater than the "
                          "currentTimestampInMillis."));
    EXPECT_THAT(refused("AT_TIMESTAMP", Document::object()).message,
                HasSubstr("Must specify timestampInMillis parameter"));
}

TEST_P(Read, GivesEachRecordWhole) {
    kinesis.create("s");
    kinesis.pass(1500ms);
    const std::string number = kinesis.put("s", "data", "ключ");
    const Document record = get(kinesis.iterator("s", "TRIM_HORIZON")).at("Records")[0];
    EXPECT_EQ(record.at("SequenceNumber"), number);
    EXPECT_EQ(record.at("PartitionKey"), "ключ");
    EXPECT_EQ(TestKinesis::bytes(record.at("Data")), "data");
    EXPECT_EQ(record.at("ApproximateArrivalTimestamp"), 1'800'000'001.623);
}

TEST_P(Read, GoesOnWithTheNextIterator) {
    kinesis.create("s");
    for (int index = 0; index < 5; ++index) kinesis.put("s", std::to_string(index));
    kinesis.pass(2s);
    Document page = get(kinesis.iterator("s", "TRIM_HORIZON"), 2);
    EXPECT_THAT(page.at("Records"), SizeIs(2));
    EXPECT_EQ(page.at("MillisBehindLatest"), 2000);
    page = get(page.at("NextShardIterator"), 2);
    EXPECT_THAT(page.at("Records"), SizeIs(2));
    page = get(page.at("NextShardIterator"), 2);
    ASSERT_THAT(page.at("Records"), SizeIs(1));
    EXPECT_EQ(TestKinesis::bytes(page.at("Records")[0].at("Data")), "4");
    EXPECT_EQ(page.at("MillisBehindLatest"), 0);
    page = get(page.at("NextShardIterator"), 2);
    EXPECT_THAT(page.at("Records"), IsEmpty());
    EXPECT_TRUE(page.contains("NextShardIterator"));
}

// Zero is how a reader knows that it has read everything.
TEST_P(Read, IsBehindWhileMoreIsThereWhateverTheTime) {
    kinesis.create("s");
    for (const char* data : {"a", "b", "c"}) kinesis.put("s", data);
    Document page = get(kinesis.iterator("s", "TRIM_HORIZON"), 1);
    EXPECT_GT(page.at("MillisBehindLatest"), 0) << "in the millisecond in which they came";
    kinesis.pass(-1h);
    page = get(page.at("NextShardIterator"), 1);
    EXPECT_GT(page.at("MillisBehindLatest"), 0) << "with the clock put back";
    page = get(page.at("NextShardIterator"), 1);
    EXPECT_EQ(page.at("MillisBehindLatest"), 0);
}

TEST_P(Read, GivesTenThousandRecordsAtMost) {
    kinesis.create("s");
    const std::vector<Document> records(500, {{"Data", kinesis.data("d")}, {"PartitionKey", "k"}});
    for (int request = 0; request < 21; ++request) {
        kinesis.ask("PutRecords", {{"StreamName", "s"}, {"Records", records}});
    }
    const Document page =
        kinesis.ask("GetRecords", {{"ShardIterator", kinesis.iterator("s", "TRIM_HORIZON")}});
    EXPECT_THAT(page.at("Records"), SizeIs(10'000));
    EXPECT_THAT(get(page.at("NextShardIterator")).at("Records"), SizeIs(500));
    for (const int limit : {0, 10'001}) {
        EXPECT_THAT(
            kinesis
                .refusal("GetRecords", {{"ShardIterator", kinesis.iterator("s", "TRIM_HORIZON")},
                                        {"Limit", limit}})
                .message,
            HasSubstr("at 'limit' failed to satisfy constraint: Member must have value"));
    }
}

TEST_P(Read, GivesTenMebibytesAtMost) {
    kinesis.create("s");
    const std::string large(1024 * 1024 - 1, 'd');
    for (int record = 0; record < 11; ++record) kinesis.put("s", large);
    const Document page = get(kinesis.iterator("s", "TRIM_HORIZON"));
    EXPECT_THAT(page.at("Records"), SizeIs(10));
    EXPECT_THAT(get(page.at("NextShardIterator")).at("Records"), SizeIs(1));
}

TEST_P(Read, LetsIteratorsExpireAfterFiveMinutes) {
    kinesis.create("s");
    kinesis.put("s", "d");
    const std::string iterator = kinesis.iterator("s", "TRIM_HORIZON");
    kinesis.pass(300s);
    EXPECT_THAT(kinesis.read(iterator), ElementsAre("d"));
    kinesis.pass(1ms);
    const auto refusal = kinesis.refusal("GetRecords", {{"ShardIterator", iterator}});
    EXPECT_EQ(refusal.code, "ExpiredIteratorException");
    EXPECT_EQ(refusal.message,
              "Iterator expired. The iterator was created at time Fri Jan 15 08:00:00 UTC 2027 "
              "while right now it is Fri Jan 15 08:05:00 UTC 2027 which is further in the future "
              "than the tolerated delay of 300000 milliseconds.");
}

TEST_P(Read, RefusesAnIteratorThatIsNone) {
    kinesis.create("s", 2);
    const std::string good = kinesis.iterator("s", "LATEST");
    const std::string token =
        kinesis.ask("ListShards", {{"StreamName", "s"}, {"MaxResults", 1}}).at("NextToken");
    for (const std::string& bad : {std::string("x"), good + "=", good.substr(4), token}) {
        const auto refusal = kinesis.refusal("GetRecords", {{"ShardIterator", bad}});
        EXPECT_EQ(refusal.code, "InvalidArgumentException");
        EXPECT_EQ(refusal.message, "Invalid ShardIterator.");
    }
    EXPECT_EQ(kinesis.refusal("GetRecords", {{"ShardIterator", std::string(513, 'A')}}).code,
              "ValidationException");
}

TEST_P(Read, RefusesAnIteratorOfADeletedStream) {
    kinesis.create("s");
    const std::string iterator = kinesis.iterator("s", "TRIM_HORIZON");
    kinesis.ask("DeleteStream", {{"StreamName", "s"}});
    kinesis.create("s");
    kinesis.put("s", "another's");
    const auto refusal = kinesis.refusal("GetRecords", {{"ShardIterator", iterator}});
    EXPECT_EQ(refusal.code, "ResourceNotFoundException");
    EXPECT_EQ(refusal.message,
              "Shard shardId-000000000000 in stream s under account 000000000000 does not exist");
}

TEST_P(Read, RefusesAShardThatIsNotThere) {
    EXPECT_EQ(refused("LATEST", Document::object()).message,
              "Shard shardId-000000000000 in stream s under account 000000000000 does not exist");
    kinesis.create("s", 2);
    EXPECT_EQ(refused("LATEST", {{"ShardId", "shardId-000000000002"}}).code,
              "ResourceNotFoundException");
    EXPECT_EQ(refused("LATEST", {{"ShardId", "shard-x"}}).code, "ResourceNotFoundException");
    EXPECT_EQ(refused("LATEST", {{"ShardId", "shardId--1"}}).code, "ResourceNotFoundException");
}

TEST_P(Read, RefusesASequenceNumberOfAnotherShardOrStream) {
    kinesis.create("s", 2);
    kinesis.create("other");
    const std::string of_other = kinesis.put("other", "d");
    EXPECT_THAT(refused("AT_SEQUENCE_NUMBER", {{"StartingSequenceNumber", of_other}}).message,
                HasSubstr("because it did not come from this stream."));
    const std::string of_second = kinesis.ask("ListShards", {{"StreamName", "s"}})
                                      .at("Shards")[1]
                                      .at("SequenceNumberRange")
                                      .at("StartingSequenceNumber");
    EXPECT_EQ(refused("AT_SEQUENCE_NUMBER", {{"StartingSequenceNumber", of_second}}).message,
              "Invalid StartingSequenceNumber. It encodes shardId-000000000001, while it was used "
              "in a call to a shard with shardId-000000000000");
    EXPECT_THAT(refused("AT_SEQUENCE_NUMBER", {{"StartingSequenceNumber", "123"}}).message,
                HasSubstr("StartingSequenceNumber 123 used in GetShardIterator on shard "
                          "shardId-000000000000 in stream s under account 000000000000 is "
                          "invalid."));
    EXPECT_EQ(refused("AT_SEQUENCE_NUMBER", {{"StartingSequenceNumber", "x1"}}).code,
              "ValidationException");
}

TEST_P(Read, RefusesIteratorTypesThatDoNotFitTheirArguments) {
    kinesis.create("s");
    const std::string number = kinesis.put("s", "d");
    EXPECT_EQ(refused("LATEST", {{"StartingSequenceNumber", number}}).message,
              "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and "
              "StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no "
              "StartingSequenceNumber. Request specified LATEST and also a "
              "StartingSequenceNumber.");
    EXPECT_THAT(refused("AT_SEQUENCE_NUMBER", Document::object()).message,
                HasSubstr("Request specified AT_SEQUENCE_NUMBER and no StartingSequenceNumber."));
    EXPECT_THAT(refused("NEWEST", Document::object()).message,
                HasSubstr("Member must satisfy enum value set: [AT_SEQUENCE_NUMBER, "
                          "AFTER_SEQUENCE_NUMBER, TRIM_HORIZON, LATEST, AT_TIMESTAMP]"));
}

LK_IN_BOTH_ENCODINGS(Read);

}  // namespace
}  // namespace lk::local
