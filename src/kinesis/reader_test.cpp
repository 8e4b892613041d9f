#include "kinesis/reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kinesis/test_client.hpp"

namespace lk::kinesis {
namespace {

using http::ScriptedConnection;
using http::ScriptedServer;
using std::chrono::milliseconds;
using wire::Document;
using wire::Encoding;

constexpr Reader::Patience short_pauses{milliseconds(1), milliseconds(4), milliseconds(50)};

// A shard of one stream: gives iterators that name what they were asked for, and the pages of its
// script, in order.
class OneShard {
  public:
    using Answer = std::function<void(ScriptedConnection&)>;

    OneShard(Encoding encoding, std::vector<Answer> pages, Reader::Patience patience = short_pauses)
        : pages_(std::move(pages)),
          server_([this, encoding](ScriptedConnection& connection) {
              while (const auto request = connection.read_request()) {
                  const Document message = message_of(*request);
                  if (operation_of(*request) == "GetShardIterator") {
                      iterator_requests.push_back(message);
                      answer_with(
                          connection, encoding, 200,
                          {{"ShardIterator", "fresh " + std::to_string(iterator_requests.size())}});
                      continue;
                  }
                  iterators.push_back(message["ShardIterator"]);
                  if (iterators.size() > pages_.size()) return;
                  pages_[iterators.size() - 1](connection);
              }
          }),
          reader(client_of(server_.url(), {.encoding = encoding}), "events", patience) {}

    static Answer error(const std::string& code) {
        return [=](ScriptedConnection& connection) {
            answer_with_error(connection, 400, code, "the text");
        };
    }

    static Document record(Encoding encoding, const std::string& data, const std::string& number) {
        Document written = {{"PartitionKey", "key"},
                            {"SequenceNumber", number},
                            {"ApproximateArrivalTimestamp", 1'785'000'000.125}};
        if (encoding == Encoding::cbor) {
            written["Data"] = Document::binary({data.begin(), data.end()});
        } else {
            written["Data"] = data;
        }
        return written;
    }

    static Answer page(Encoding encoding, std::vector<Document> records, const std::string& next) {
        return [=](ScriptedConnection& connection) {
            Document answer = {{"Records", records}, {"MillisBehindLatest", 1500}};
            if (!next.empty()) answer["NextShardIterator"] = next;
            answer_with(connection, encoding, 200, answer);
        };
    }

    std::vector<Document> iterator_requests;
    std::vector<std::string> iterators;

  private:
    std::vector<Answer> pages_;
    ScriptedServer server_;

  public:
    Reader reader;
};

TEST(Reader, ReadsAShardFromItsBeginningToItsEnd) {
    OneShard shard(
        Encoding::cbor,
        {OneShard::page(Encoding::cbor,
                        {OneShard::record(Encoding::cbor, "one", "1"),
                         OneShard::record(Encoding::cbor, std::string("\0\xFF", 2), "2")},
                        "second"),
         OneShard::page(Encoding::cbor, {}, "third"),
         OneShard::page(Encoding::cbor, {OneShard::record(Encoding::cbor, "", "3")}, "")});
    auto place = shard.reader.begin("shardId-7", Reader::From::trim_horizon);
    ASSERT_TRUE(place.has_value()) << place.error().message;
    EXPECT_EQ(shard.iterator_requests[0], Document({{"StreamName", "events"},
                                                    {"ShardId", "shardId-7"},
                                                    {"ShardIteratorType", "TRIM_HORIZON"}}));

    const auto first = shard.reader.read(*place);
    ASSERT_TRUE(first.has_value()) << first.error().message;
    ASSERT_EQ(first->records.size(), 2U);
    EXPECT_EQ(first->records[0].data, "one");
    EXPECT_EQ(first->records[0].partition_key, "key");
    EXPECT_EQ(first->records[0].sequence_number, "1");
    EXPECT_EQ(first->records[0].arrival.time_since_epoch(), milliseconds(1'785'000'000'125));
    EXPECT_EQ(first->records[1].data, std::string_view("\0\xFF", 2));
    EXPECT_EQ(first->behind, milliseconds(1500));
    EXPECT_FALSE(first->at_end);

    const auto second = shard.reader.read(*place);
    ASSERT_TRUE(second.has_value());
    EXPECT_TRUE(second->records.empty());
    EXPECT_FALSE(second->at_end);

    const auto third = shard.reader.read(*place);
    ASSERT_TRUE(third.has_value());
    EXPECT_EQ(third->records[0].data, "");
    EXPECT_TRUE(third->at_end);
    EXPECT_THAT(shard.iterators, testing::ElementsAre("fresh 1", "second", "third"));
}

TEST(Reader, ReadsBase64OutOfJson) {
    OneShard shard(Encoding::json,
                   {OneShard::page(Encoding::json, {OneShard::record(Encoding::json, "AP8=", "1")},
                                   "second")});
    auto place = shard.reader.begin("shardId-7", Reader::From::latest);
    ASSERT_TRUE(place.has_value());
    EXPECT_EQ(shard.iterator_requests[0]["ShardIteratorType"], "LATEST");
    const auto page = shard.reader.read(*place);
    ASSERT_TRUE(page.has_value()) << page.error().message;
    EXPECT_EQ(page->records[0].data, std::string_view("\0\xFF", 2));
}

TEST(Reader, AsksAgainWhenThrottled) {
    OneShard shard(
        Encoding::cbor,
        {OneShard::error("ProvisionedThroughputExceededException"),
         OneShard::error("LimitExceededException"),
         OneShard::page(Encoding::cbor, {OneShard::record(Encoding::cbor, "one", "1")}, "second")});
    auto place = shard.reader.begin("shardId-7", Reader::From::trim_horizon);
    const auto page = shard.reader.read(*place);
    ASSERT_TRUE(page.has_value()) << page.error().message;
    EXPECT_EQ(page->records.size(), 1U);
    EXPECT_THAT(shard.iterators, testing::ElementsAre("fresh 1", "fresh 1", "fresh 1"));
}

TEST(Reader, GivesUpWhenItIsThrottledForTooLong) {
    const std::vector<OneShard::Answer> throttled(
        100, OneShard::error("ProvisionedThroughputExceededException"));
    OneShard shard(Encoding::cbor, throttled);
    auto place = shard.reader.begin("shardId-7", Reader::From::trim_horizon);
    const auto page = shard.reader.read(*place);
    ASSERT_FALSE(page.has_value());
    EXPECT_EQ(page.error().kind, FailureClass::slow_down);
    // Pauses of 1, 2, 4, 4, … ms until 50 ms are spent.
    EXPECT_EQ(shard.iterators.size(), 15U);
}

TEST(Reader, GivesUpWhenItsPauseSaysSo) {
    static int pauses;
    pauses = 0;
    Reader::Patience patience = short_pauses;
    patience.pause = [](milliseconds) { return ++pauses == 3; };
    const std::vector<OneShard::Answer> throttled(
        100, OneShard::error("ProvisionedThroughputExceededException"));
    OneShard shard(Encoding::cbor, throttled, patience);
    auto place = shard.reader.begin("shardId-7", Reader::From::trim_horizon);
    const auto page = shard.reader.read(*place);
    ASSERT_FALSE(page.has_value());
    EXPECT_EQ(page.error().kind, FailureClass::slow_down);
    EXPECT_EQ(shard.iterators.size(), 3U);
}

TEST(Reader, HandsAFinalFailureOnAtOnce) {
    OneShard shard(Encoding::cbor, {OneShard::error("AccessDeniedException")});
    auto place = shard.reader.begin("shardId-7", Reader::From::trim_horizon);
    const auto page = shard.reader.read(*place);
    ASSERT_FALSE(page.has_value());
    EXPECT_EQ(page.error().code, ErrorCode::access_denied);
    EXPECT_EQ(shard.iterators.size(), 1U);
}

TEST(Reader, GoesOnBehindTheLastRecordWhenItsIteratorExpires) {
    OneShard shard(
        Encoding::cbor,
        {OneShard::page(Encoding::cbor, {OneShard::record(Encoding::cbor, "one", "1")}, "second"),
         OneShard::error("ExpiredIteratorException"),
         OneShard::page(Encoding::cbor, {OneShard::record(Encoding::cbor, "two", "2")}, "third")});
    auto place = shard.reader.begin("shardId-7", Reader::From::trim_horizon);
    ASSERT_TRUE(shard.reader.read(*place).has_value());
    const auto page = shard.reader.read(*place);
    ASSERT_TRUE(page.has_value()) << page.error().message;
    EXPECT_EQ(page->records[0].data, "two");
    EXPECT_EQ(shard.iterator_requests[1]["ShardIteratorType"], "AFTER_SEQUENCE_NUMBER");
    EXPECT_EQ(shard.iterator_requests[1]["StartingSequenceNumber"], "1");
}

// The shard's answer when everything was read.
OneShard::Answer newest(const std::string& next) {
    return [=](ScriptedConnection& connection) {
        answer_with(connection, Encoding::cbor, 200,
                    {{"Records", Document::array()},
                     {"MillisBehindLatest", 0},
                     {"NextShardIterator", next}});
    };
}

TEST(Reader, SkipsNothingWhenTheIteratorOfAnIdleLatestReaderExpires) {
    OneShard shard(
        Encoding::cbor,
        {newest("second"), OneShard::error("ExpiredIteratorException"),
         OneShard::page(Encoding::cbor, {OneShard::record(Encoding::cbor, "one", "1")}, "third")});
    const auto seconds_now = [] {
        return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch())
            .count();
    };
    auto place = shard.reader.begin("shardId-7", Reader::From::latest);
    ASSERT_TRUE(place.has_value()) << place.error().message;
    const double before = seconds_now();
    ASSERT_TRUE(shard.reader.read(*place).has_value());
    const double after = seconds_now();
    const auto page = shard.reader.read(*place);
    ASSERT_TRUE(page.has_value()) << page.error().message;
    EXPECT_EQ(page->records[0].data, "one");
    EXPECT_EQ(shard.iterators, (std::vector<std::string>{"fresh 1", "second", "fresh 2"}));
    ASSERT_EQ(shard.iterator_requests.size(), 2U);
    EXPECT_EQ(shard.iterator_requests[1]["ShardIteratorType"], "AT_TIMESTAMP");
    // Five minutes before the empty page, as Kinesis's clock may be that far behind; to the ms.
    const double from = shard.iterator_requests[1]["Timestamp"];
    EXPECT_GE(from, before - 300.002);
    EXPECT_LE(from, after - 299.998);
}

TEST(Reader, RefusesRecordsThatAreNone) {
    for (const Document& wrong : {Document("text"), Document({{"SequenceNumber", "1"}}),
                                  Document({{"Data", 1}, {"SequenceNumber", "1"}}),
                                  Document({{"Data", "not base64!"}, {"SequenceNumber", "1"}}),
                                  Document({{"Data", "AP8="}})}) {
        OneShard shard(Encoding::json, {OneShard::page(Encoding::json, {wrong}, "second")});
        auto place = shard.reader.begin("shardId-7", Reader::From::trim_horizon);
        const auto page = shard.reader.read(*place);
        ASSERT_FALSE(page.has_value()) << wrong;
    }
}

}  // namespace
}  // namespace lk::kinesis
