#include <gmock/gmock.h>

#include <set>
#include <thread>

#include "local/operations/both_encodings.hpp"

namespace lk::local {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using wire::Document;
using namespace std::chrono_literals;

constexpr std::size_t mebibyte = 1024 * 1024;

class Put : public BothEncodings {
  protected:
    [[nodiscard]] Document record(std::string_view bytes, std::string_view key) const {
        return {{"Data", kinesis.data(bytes)}, {"PartitionKey", key}};
    }
    [[nodiscard]] Document record_for(std::string_view explicit_hash_key) const {
        Document made = record("d", "k");
        made["ExplicitHashKey"] = explicit_hash_key;
        return made;
    }
    static Document request(const std::vector<Document>& records) {
        return {{"StreamName", "s"}, {"Records", records}};
    }
    static Document single(Document record) {
        record["StreamName"] = "s";
        return record;
    }
    Document put(const std::vector<Document>& records) const {
        return kinesis.ask("PutRecords", request(records));
    }
    [[nodiscard]] wire::ErrorAnswer refused(const std::vector<Document>& records) const {
        return kinesis.refusal("PutRecords", request(records));
    }
    [[nodiscard]] wire::ErrorAnswer single_refused(const Document& record) const {
        return kinesis.refusal("PutRecord", single(record));
    }
    [[nodiscard]] std::vector<std::string> stored() const {
        return kinesis.read(kinesis.iterator("s", "TRIM_HORIZON"));
    }
};

TEST_P(Put, AnswersEachRecordInOrder) {
    kinesis.create("s", 2);
    const Document answer =
        put({record_for("0"), record_for("340282366920938463463374607431768211455")});
    EXPECT_EQ(answer.at("FailedRecordCount"), 0);
    EXPECT_EQ(answer.at("Records"), Document::parse(R"([
        {"ShardId": "shardId-000000000000",
         "SequenceNumber": "49001800000000123000000000000000000000000000000000000001"},
        {"ShardId": "shardId-000000000001",
         "SequenceNumber": "49001800000000123000000000001000000000000000000000000001"}])"));
}

TEST_P(Put, AnswersASingleRecord) {
    kinesis.create("s");
    EXPECT_EQ(kinesis.ask("PutRecord", single(record("d", "k"))), Document::parse(R"({
        "ShardId": "shardId-000000000000",
        "SequenceNumber": "49001800000000123000000000000000000000000000000000000001"})"));
}

TEST_P(Put, KeepsAnyBytes) {
    kinesis.create("s");
    std::string all;
    for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
    put({record(all, "k"), record("", "k")});
    kinesis.put("s", all);
    EXPECT_THAT(stored(), ElementsAre(all, "", all));
}

// MD5 of "a" begins with 0c, of "b" with 92 (RFC 1321, A.5, for the first).
TEST_P(Put, ChoosesTheShardByMd5OfTheKey) {
    kinesis.create("s", 2);
    const Document answer = put({record("d", "a"), record("d", "b")});
    EXPECT_EQ(answer.at("Records")[0].at("ShardId"), "shardId-000000000000");
    EXPECT_EQ(answer.at("Records")[1].at("ShardId"), "shardId-000000000001");
}

TEST_P(Put, ChoosesTheShardByTheExplicitHashKeyUpToItsBorders) {
    kinesis.create("s", 3);
    const Document answer =
        put({record_for("0"), record_for("113427455640312821154458202477256070484"),
             record_for("113427455640312821154458202477256070485"),
             record_for("226854911280625642308916404954512140969"),
             record_for("226854911280625642308916404954512140970"),
             record_for("340282366920938463463374607431768211455")});
    std::string shards;
    for (const auto& one : answer.at("Records")) {
        shards += one.at("ShardId").get<std::string>().back();
    }
    EXPECT_EQ(shards, "001122");
    Document last = record_for("226854911280625642308916404954512140970");
    EXPECT_EQ(kinesis.ask("PutRecord", single(last)).at("ShardId"), "shardId-000000000002");
}

TEST_P(Put, RefusesAnExplicitHashKeyThatIsNone) {
    kinesis.create("s");
    const auto beyond = refused({record_for("340282366920938463463374607431768211456")});
    EXPECT_EQ(beyond.code, "InvalidArgumentException");
    EXPECT_EQ(beyond.message,
              "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. "
              "Specified value was 340282366920938463463374607431768211456");
    EXPECT_EQ(single_refused(record_for("340282366920938463463374607431768211456")).message,
              beyond.message);
    for (const std::string& bad :
         std::vector<std::string>{"", "01", "-1", "+1", "x", "1 ", std::string(40, '1')}) {
        const auto refusal = refused({record("d", "k"), record_for(bad)});
        EXPECT_EQ(refusal.code, "ValidationException") << bad;
        EXPECT_EQ(refusal.message,
                  "1 validation error detected: Value '" + bad +
                      "' at 'records.2.member.explicitHashKey' failed to satisfy constraint: "
                      "Member must satisfy regular expression pattern: 0|([1-9]\\d{0,38})");
    }
}

TEST_P(Put, TakesKeysOf256CharactersAndNoMore) {
    kinesis.create("s");
    // Of one, two, three and four bytes; the last is two units in UTF-16.
    for (const std::string character : {"k", "é", "語", "😀"}) {
        std::string longest;
        for (int count = 0; count < 256; ++count) longest += character;
        EXPECT_EQ(put({record("d", longest)}).at("FailedRecordCount"), 0);
        const auto refusal = refused({record("d", longest + character)});
        EXPECT_EQ(refusal.code, "ValidationException");
        EXPECT_THAT(refusal.message,
                    HasSubstr("at 'records.1.member.partitionKey' failed to satisfy constraint: "
                              "Member must have length less than or equal to 256"));
        EXPECT_THAT(single_refused(record("d", longest + character)).message,
                    HasSubstr("at 'partitionKey' failed to satisfy constraint: Member must have "
                              "length less than or equal to 256"));
    }
}

TEST_P(Put, RefusesAnEmptyKey) {
    kinesis.create("s");
    EXPECT_EQ(refused({record("d", "")}).message,
              "1 validation error detected: Value '' at 'records.1.member.partitionKey' failed to "
              "satisfy constraint: Member must have length greater than or equal to 1");
}

TEST_P(Put, RefusesARecordThatLacksAMember) {
    kinesis.create("s");
    EXPECT_EQ(refused({{{"PartitionKey", "k"}}}).message,
              "1 validation error detected: Value null at 'records.1.member.data' failed to "
              "satisfy constraint: Member must not be null");
    EXPECT_EQ(single_refused({{"Data", kinesis.data("d")}}).message,
              "1 validation error detected: Value null at 'partitionKey' failed to satisfy "
              "constraint: Member must not be null");
}

TEST_P(Put, Takes500RecordsAndNoMore) {
    kinesis.create("s");
    std::vector<Document> records(500, record("d", "k"));
    EXPECT_THAT(put(records).at("Records"), SizeIs(500));
    records.push_back(record("d", "k"));
    EXPECT_EQ(refused(records).message,
              "1 validation error detected: Value '[501 members]' at 'records' failed to satisfy "
              "constraint: Member must have length less than or equal to 500");
    EXPECT_THAT(refused({}).message,
                HasSubstr("Member must have length greater than or equal to 1"));
    EXPECT_THAT(stored(), SizeIs(500));
}

TEST_P(Put, TakesARecordOfOneMebibyteWithItsKeyAndNoMore) {
    kinesis.create("s");
    const std::string most(mebibyte - 3, 'd');
    EXPECT_EQ(put({record(most, "key")}).at("FailedRecordCount"), 0);
    const auto refusal = refused({record("d", "k"), record(most + "d", "key")});
    EXPECT_EQ(refusal.code, "InvalidArgumentException");
    EXPECT_EQ(refusal.message,
              "Record 2 has 1048577 bytes of data and partition key; the limit of stream s is "
              "1048576 bytes.");
    kinesis.ask("PutRecord", single(record(most, "key")));
    EXPECT_EQ(single_refused(record(most + "d", "key")).code, "InvalidArgumentException");
}

TEST_P(Put, TakesLargerRecordsWhereTheStreamAllowsThem) {
    kinesis.ask("CreateStream",
                {{"StreamName", "s"}, {"ShardCount", 1}, {"MaxRecordSizeInKiB", 10'240}});
    const std::string most(10 * mebibyte - 3, 'd');
    EXPECT_EQ(put({record(most, "key")}).at("FailedRecordCount"), 0);
    EXPECT_EQ(refused({record(most + "d", "key")}).code, "InvalidArgumentException");
    // Over what Kinesis takes at all.
    EXPECT_EQ(single_refused(record(most + "dddd", "key")).message,
              "1 validation error detected: Value 'java.nio.HeapByteBuffer[pos=0 lim=10485761 "
              "cap=10485761]' at 'data' failed to satisfy constraint: Member must have length less "
              "than or equal to 10485760");
}

TEST_P(Put, TakesARequestOfTenMebibytesAndNoMore) {
    kinesis.create("s");
    std::vector<Document> records(10, record(std::string(mebibyte - 1, 'd'), "k"));
    EXPECT_EQ(put(records).at("FailedRecordCount"), 0);
    records.back() = record(std::string(mebibyte - 2, 'd'), "k");
    records.push_back(record("", "k"));
    EXPECT_EQ(put(records).at("FailedRecordCount"), 0);
    records.push_back(record("", "k"));
    const auto refusal = refused(records);
    EXPECT_EQ(refusal.code, "InvalidArgumentException");
    EXPECT_EQ(refusal.message, "Records size exceeds 10 MB limit");
    EXPECT_THAT(kinesis.store()
                    .read(*kinesis.store().find("s"), *kinesis.store().find("s")->shards()[0], 0,
                          1000, SIZE_MAX)
                    .value(),
                SizeIs(21));
}

TEST_P(Put, RefusesAStreamThatIsNotThere) {
    const auto refusal = refused({record("d", "k")});
    EXPECT_EQ(refusal.code, "ResourceNotFoundException");
    EXPECT_EQ(refusal.message, "Stream s under account 000000000000 not found.");
    EXPECT_EQ(single_refused(record("d", "k")).message, refusal.message);
}

TEST_P(Put, TakesTheStreamByArn) {
    kinesis.create("s");
    const std::string arn = "arn:aws:kinesis:eu-west-1:123456789012:stream/s";
    kinesis.ask("PutRecords", {{"StreamARN", arn}, {"Records", {record("1", "k")}}});
    kinesis.ask("PutRecords",
                {{"StreamARN", arn}, {"StreamName", "s"}, {"Records", {record("2", "k")}}});
    EXPECT_THAT(stored(), ElementsAre("1", "2"));
    EXPECT_THAT(
        kinesis
            .refusal("PutRecords",
                     {{"StreamARN", arn}, {"StreamName", "t"}, {"Records", {record("3", "k")}}})
            .message,
        HasSubstr("same stream"));
}

TEST_P(Put, TellsOfEveryFaultAtOnce) {
    EXPECT_EQ(
        refused({record("d", ""), {{"PartitionKey", "k"}, {"ExplicitHashKey", "x"}}}).message,
        "3 validation errors detected: Value '' at 'records.1.member.partitionKey' failed to "
        "satisfy constraint: Member must have length greater than or equal to 1; Value null at "
        "'records.2.member.data' failed to satisfy constraint: Member must not be null; Value 'x' "
        "at 'records.2.member.explicitHashKey' failed to satisfy constraint: Member must satisfy "
        "regular expression pattern: 0|([1-9]\\d{0,38})");
}

TEST_P(Put, ChecksTheSequenceNumberForOrdering) {
    kinesis.create("s");
    Document next = single(record("d", "k"));
    next["SequenceNumberForOrdering"] = kinesis.put("s", "d");
    kinesis.ask("PutRecord", next);
    next["SequenceNumberForOrdering"] = "123";
    EXPECT_EQ(kinesis.refusal("PutRecord", next).message,
              "ExclusiveMinimumSequenceNumber 123 used in PutRecord on stream s under account "
              "000000000000 is invalid.");
    next["SequenceNumberForOrdering"] = "x";
    EXPECT_EQ(kinesis.refusal("PutRecord", next).code, "ValidationException");
}

TEST_P(Put, GivesRisingSequenceNumbersToManyClients) {
    kinesis.create("s");
    constexpr std::size_t clients = 4;
    constexpr std::size_t rounds = 25;
    std::vector<std::vector<std::string>> numbers(clients);
    std::vector<std::thread> threads;
    for (auto& own : numbers) {
        threads.emplace_back([&] {
            for (std::size_t round = 0; round < rounds; ++round) {
                const Document answer = put({record("d", "a"), record("d", "b")});
                for (const auto& one : answer.at("Records")) {
                    own.push_back(one.at("SequenceNumber"));
                }
                own.push_back(kinesis.put("s", "d"));
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    std::set<std::string> all;
    for (const auto& own : numbers) {
        EXPECT_TRUE(std::ranges::is_sorted(own));
        EXPECT_THAT(own, Each(SizeIs(56)));
        all.insert(own.begin(), own.end());
    }
    EXPECT_EQ(all.size(), clients * rounds * 3);
}

LK_IN_BOTH_ENCODINGS(Put);

class PutWithLimits : public Put {
  protected:
    PutWithLimits() : limited{{.encoding = GetParam(), .enforce_limits = true}} {}
    TestKinesis limited;

    [[nodiscard]] Document put(const std::vector<Document>& records) const {
        return limited.ask("PutRecords", request(records));
    }
};

TEST_P(PutWithLimits, RefusesRecordsOverAThousandASecondOneByOne) {
    limited.create("s", 2);
    const std::vector<Document> to_first(400, record_for("0"));
    EXPECT_EQ(put(to_first).at("FailedRecordCount"), 0);
    EXPECT_EQ(put(to_first).at("FailedRecordCount"), 0);
    std::vector<Document> mixed(201, record_for("0"));
    mixed.push_back(record_for("340282366920938463463374607431768211455"));
    const Document answer = put(mixed);
    EXPECT_EQ(answer.at("FailedRecordCount"), 1);
    EXPECT_TRUE(answer.at("Records")[199].contains("SequenceNumber"));
    EXPECT_EQ(answer.at("Records")[200], Document::parse(R"({
        "ErrorCode": "ProvisionedThroughputExceededException",
        "ErrorMessage": "Rate exceeded for shard shardId-000000000000 in stream s under account 000000000000."})"));
    EXPECT_TRUE(answer.at("Records")[201].contains("SequenceNumber"));

    const auto refusal = limited.refusal("PutRecord", single(record_for("0")));
    EXPECT_EQ(refusal.code, "ProvisionedThroughputExceededException");
    EXPECT_EQ(refusal.message,
              "Rate exceeded for shard shardId-000000000000 in stream s under account "
              "000000000000.");
    limited.pass(1ms);
    limited.ask("PutRecord", single(record_for("0")));
    EXPECT_THAT(limited.read(limited.iterator("s", "TRIM_HORIZON")), SizeIs(1001));
}

TEST_P(PutWithLimits, RefusesBytesOverOneMebibyteASecond) {
    limited.create("s");
    const std::string half(mebibyte / 2 - 1, 'd');
    EXPECT_EQ(put({record(half, "k"), record(half, "k"), record("", "k")}).at("FailedRecordCount"),
              1);
    EXPECT_EQ(put({record("", "k")}).at("FailedRecordCount"), 1);
    limited.pass(500ms);
    EXPECT_EQ(put({record(half, "k"), record(half, "k")}).at("FailedRecordCount"), 1);
}

LK_IN_BOTH_ENCODINGS(PutWithLimits);

}  // namespace
}  // namespace lk::local
