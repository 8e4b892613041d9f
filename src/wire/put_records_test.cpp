#include "wire/put_records.hpp"
#include "wire/record_layout.hpp"

#include <gtest/gtest.h>

#include <random>

#include "wire/base64.hpp"
#include "wire/test_messages.hpp"

namespace lk::wire {
namespace {

constexpr std::string_view hash_key = "340282366920938463463374607431768211455";

std::string_view view_of(const Document::binary_t& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// A record and the memory that its views point into.
struct OwnedRecord {
    std::string data;
    std::string partition_key;
    std::string explicit_hash_key;
    std::string cbor;

    [[nodiscard]] Record view() const {
        return {.data = data,
                .partition_key = partition_key,
                .explicit_hash_key = explicit_hash_key,
                .cbor = cbor};
    }
};

/// Of every size from nothing to some kilobytes, with all bytes in the data; some with a hash key,
/// some finished.
std::vector<OwnedRecord> random_records(unsigned seed, std::size_t count) {
    std::mt19937 random(seed);
    std::vector<OwnedRecord> out;
    for (std::size_t at = 0; at < count; ++at) {
        OwnedRecord record;
        for (auto left = random() % 8 == 0 ? random() % 5000 : random() % 600; left != 0; --left) {
            record.data += static_cast<char>(random());
        }
        constexpr std::string_view characters[] = {"k", "\"", "\\", "\n", "\x01", "é", "水", "😀"};
        for (auto left = 1 + random() % 256; left != 0; --left) {
            record.partition_key += characters[random() % std::size(characters)];
        }
        if (random() % 3 == 0) record.explicit_hash_key = std::to_string(random());
        if (random() % 2 == 0) {
            record.cbor =
                finished_record(record.data, record.partition_key, record.explicit_hash_key);
        }
        out.push_back(std::move(record));
    }
    return out;
}

std::vector<Record> views_of(const std::vector<OwnedRecord>& records) {
    std::vector<Record> out;
    for (const OwnedRecord& record : records) out.push_back(record.view());
    return out;
}

void expect_same(const Document& message, const std::vector<OwnedRecord>& records) {
    ASSERT_EQ(message.at("Records").size(), records.size());
    for (std::size_t at = 0; at < records.size(); ++at) {
        const Document& read = message["Records"][at];
        const OwnedRecord& record = records[at];
        const Document& data = read.at("Data");
        const auto bytes = data.is_string() ? decode_base64(data.get<std::string>()).value()
                                            : std::string(view_of(data.get_binary()));
        EXPECT_EQ(bytes, record.data);
        EXPECT_EQ(read.at("PartitionKey"), record.partition_key);
        EXPECT_EQ(read.value("ExplicitHashKey", ""), record.explicit_hash_key);
        EXPECT_EQ(read.size(), record.explicit_hash_key.empty() ? 2U : 3U);
    }
}

TEST(RecordLayout, IsWrittenByteForByte) {
    EXPECT_EQ(finished_record("{}", "k", ""),
              from_hex("a2 64 44617461 5a00000002 7b7d 6c 506172746974696f6e4b6579 7a00000001 6b"));
    EXPECT_EQ(finished_record("", "k", "10"),
              from_hex("a3 64 44617461 5a00000000 6c 506172746974696f6e4b6579 7a00000001 6b"
                       "6f 4578706c6963697448617368 4b6579 7802 3130"));
}

TEST(RecordLayout, IsReadByAnIndependentDecoderWhateverTheLengths) {
    for (const unsigned data_bytes : {0U, 1U, 23U, 24U, 255U, 256U, 65'535U, 65'536U, 1'000'000U}) {
        for (const unsigned key_characters : {1U, 23U, 24U, 36U, 255U, 256U}) {
            for (const std::string_view hash :
                 {std::string_view(""), std::string_view("0"), hash_key}) {
                const std::string data(data_bytes, '\xC3');
                std::string key;
                for (unsigned at = 0; at < key_characters; ++at) key += "水";
                const std::string bytes = finished_record(data, key, hash);
                const auto record = Document::from_cbor(bytes);
                EXPECT_EQ(view_of(record.at("Data").get_binary()), data);
                EXPECT_EQ(record.at("PartitionKey"), key);
                EXPECT_EQ(record.value("ExplicitHashKey", ""), hash);
                EXPECT_EQ(record.size(), hash.empty() ? 2U : 3U);
            }
        }
    }
}

TEST(PutRecordsRequest, IsReadTheSameByAnIndependentDecoder) {
    for (unsigned seed = 0; seed < 40; ++seed) {
        const auto records = random_records(seed, 1 + seed * 12);
        const auto views = views_of(records);
        const PutRecordsRequest request{.stream = "entrypoint", .records = views, .timeout = {}};
        Body body;
        encode_put_records(Encoding::cbor, request, body);
        ASSERT_EQ(joined(body).size(), body.bytes);
        const auto cbor = Document::from_cbor(joined(body));
        EXPECT_EQ(cbor.at("StreamName"), "entrypoint");
        EXPECT_EQ(cbor.size(), 2U);
        expect_same(cbor, records);
        // The same body again, as a client that keeps its memory does.
        encode_put_records(Encoding::json, request, body);
        ASSERT_EQ(joined(body).size(), body.bytes);
        const auto json = Document::parse(joined(body));
        EXPECT_EQ(json.at("StreamName"), "entrypoint");
        EXPECT_EQ(json.size(), 2U);
        expect_same(json, records);
    }
}

TEST(PutRecordsRequest, NamesTheStreamByItsArnWhereItIsOne) {
    constexpr std::string_view arn = "arn:aws:kinesis:eu-west-1:111122223333:stream/entrypoint";
    const Record record{.data = "d", .partition_key = "k", .explicit_hash_key = {}, .cbor = {}};
    const PutRecordsRequest request{.stream = arn, .records = {&record, 1}, .timeout = {}};
    Body body;
    encode_put_records(Encoding::json, request, body);
    EXPECT_EQ(joined(body), "{\"StreamARN\":\"" + std::string(arn) +
                                "\",\"Records\":[{\"Data\":\"ZA==\",\"PartitionKey\":\"k\"}]}");
    encode_put_records(Encoding::cbor, request, body);
    EXPECT_EQ(Document::from_cbor(joined(body)).at("StreamARN"), arn);
}

TEST(PutRecordsRequest, NeighboursInMemoryAreOnePiece) {
    std::string page;
    for (int at = 0; at < 500; ++at) page += finished_record("data", "key", "");
    const std::size_t each = page.size() / 500;
    std::vector<Record> records(500);
    for (std::size_t at = 0; at < 500; ++at) {
        records[at].cbor = std::string_view(page).substr(at * each, each);
    }
    Body body;
    encode_put_records(Encoding::cbor, {.stream = "s", .records = records, .timeout = {}}, body);
    ASSERT_EQ(body.pieces.size(), 2U);
    EXPECT_EQ(body.pieces[0].data(), body.owned.data());
    EXPECT_EQ(body.pieces[1].data(), page.data());
    EXPECT_EQ(body.pieces[1].size(), page.size());

    // One of them left out: two runs.
    records.erase(records.begin() + 250);
    encode_put_records(Encoding::cbor, {.stream = "s", .records = records, .timeout = {}}, body);
    EXPECT_EQ(body.pieces.size(), 3U);
}

TEST(PutRecordsRequest, LargeDataIsSentFromWhereItLies) {
    const std::string data(100'000, 'x');
    std::vector<Record> records(3);
    for (Record& record : records) {
        record.data = data;
        record.partition_key = "k";
    }
    Body body;
    encode_put_records(Encoding::cbor, {.stream = "s", .records = records, .timeout = {}}, body);
    EXPECT_LT(body.owned.capacity(), 1000U);
    ASSERT_EQ(body.pieces.size(), 7U);
    EXPECT_EQ(body.pieces[3].data(), data.data());
}

// A string that had grown would have room for twice its bytes.
TEST(PutRecordsRequest, InJsonItTakesHardlyMoreRoomThanItsBytes) {
    for (const char character : {'k', '"', '\n', '\x01'}) {
        const std::string key(256, character);
        const std::vector<Record> records(
            500,
            {.data = "some data", .partition_key = key, .explicit_hash_key = hash_key, .cbor = {}});
        Body body;
        encode_put_records(Encoding::json, {.stream = "s", .records = records, .timeout = {}},
                           body);
        EXPECT_LE(body.owned.capacity(), body.bytes + 64 * (records.size() + 1));
    }
}

TEST(PutRecordsRequest, ItsOwnBytesStayWhereThePiecesPoint) {
    const auto records = random_records(99, 300);
    const auto views = views_of(records);
    Body body;
    encode_put_records(Encoding::cbor, {.stream = "s", .records = views, .timeout = {}}, body);
    std::size_t own_bytes = 0;
    for (const std::string_view piece : body.pieces) {
        const bool is_own = piece.data() >= body.owned.data() &&
                            piece.data() < body.owned.data() + body.owned.size();
        if (is_own) own_bytes += piece.size();
    }
    EXPECT_EQ(own_bytes, body.owned.size());
}

TEST(ReceivedPutRecords, AreWhatWasEncodedAndPointIntoTheRequest) {
    for (unsigned seed = 100; seed < 130; ++seed) {
        const auto records = random_records(seed, 1 + seed);
        const auto views = views_of(records);
        Body body;
        encode_put_records(Encoding::cbor, {.stream = "s", .records = views, .timeout = {}}, body);
        const std::string bytes = joined(body);
        const ExactCopy copy(bytes);
        const std::string_view request(copy);
        ReceivedPutRecords received;
        ASSERT_TRUE(read_put_records_cbor(request, received));
        EXPECT_EQ(received.stream_name, "s");
        EXPECT_TRUE(received.stream_arn.empty());
        ASSERT_EQ(received.records.size(), records.size());
        for (std::size_t at = 0; at < records.size(); ++at) {
            const ReceivedRecord& read = received.records[at];
            EXPECT_EQ(read.data, records[at].data);
            EXPECT_EQ(read.partition_key, records[at].partition_key);
            EXPECT_EQ(read.explicit_hash_key, records[at].explicit_hash_key);
            EXPECT_EQ(read.has_explicit_hash_key, !records[at].explicit_hash_key.empty());
            EXPECT_GE(read.data.data(), request.data());
            EXPECT_LE(read.data.data() + read.data.size(), request.data() + request.size());
        }
    }
}

// AWS's SDK for Java writes its containers so, and its members in this order.
TEST(ReceivedPutRecords, MayStandInContainersOfIndefiniteLengthAndInAnyOrder) {
    const std::string request = from_hex(
        "bf 67 5265636f726473 9f"
        "bf 6c 506172746974696f6e4b6579 61 6b 64 44617461 41 ff ff ff"
        "6a 53747265616d4e616d65 61 73 ff");
    ReceivedPutRecords received;
    ASSERT_TRUE(read_put_records_cbor(request, received));
    EXPECT_EQ(received.stream_name, "s");
    ASSERT_EQ(received.records.size(), 1U);
    EXPECT_EQ(received.records[0].data, "\xFF");
    EXPECT_EQ(received.records[0].partition_key, "k");
}

TEST(ReceivedPutRecords, AnEarlierRequestLeavesNothingBehind) {
    ReceivedPutRecords received;
    const Document first = {{"StreamARN", "arn"}, {"Records", Document::array()}};
    const Document second = {{"StreamName", "s"}, {"Records", Document::array()}};
    const std::string first_bytes = serialize(Encoding::cbor, first);
    const std::string second_bytes = serialize(Encoding::cbor, second);
    ASSERT_TRUE(read_put_records_cbor(first_bytes, received));
    ASSERT_TRUE(read_put_records_cbor(second_bytes, received));
    EXPECT_EQ(received.stream_name, "s");
    EXPECT_TRUE(received.stream_arn.empty());
}

TEST(ReceivedPutRecords, AnyOtherShapeIsLeftToTheSlowWay) {
    const Document data = Document::binary({1});
    const Document record = {{"Data", data}, {"PartitionKey", "k"}};
    const auto with = [](Document base, const char* name, const Document& value) {
        base[name] = value;
        return base;
    };
    const auto without = [](Document base, const char* name) {
        base.erase(name);
        return base;
    };
    const auto request_of = [](const Document& one) {
        return Document{{"StreamName", "s"}, {"Records", {one}}};
    };
    ReceivedPutRecords received;
    const auto reads = [&](const Document& request) {
        return read_put_records_cbor(serialize(Encoding::cbor, request), received);
    };
    const Document request = request_of(record);
    ASSERT_TRUE(reads(request));
    EXPECT_FALSE(reads(with(request, "Unknown", 1)));
    EXPECT_FALSE(reads(without(request, "Records")));
    EXPECT_FALSE(reads(without(request, "StreamName")));
    EXPECT_FALSE(reads(with(request, "StreamName", 1)));
    EXPECT_FALSE(reads(with(request, "StreamARN", nullptr)));
    EXPECT_FALSE(reads(with(request, "Records", Document::object())));
    EXPECT_FALSE(reads(request_of(with(record, "Unknown", 1))));
    EXPECT_FALSE(reads(request_of(without(record, "Data"))));
    EXPECT_FALSE(reads(request_of(without(record, "PartitionKey"))));
    EXPECT_FALSE(reads(request_of(with(record, "Data", "AQ=="))));
    EXPECT_FALSE(reads(request_of(with(record, "PartitionKey", data))));
    EXPECT_FALSE(reads(request_of(with(record, "ExplicitHashKey", nullptr))));
    EXPECT_FALSE(reads(request_of(Document::array())));
    EXPECT_FALSE(reads(Document::array({request})));

    const std::string bytes = serialize(Encoding::cbor, request);
    EXPECT_FALSE(read_put_records_cbor(bytes + "\x01", received));
    EXPECT_FALSE(read_put_records_cbor("", received));
    // The stream's name twice, in pieces, and not in UTF-8.
    const std::string start = "67 5265636f726473 80 6a 53747265616d4e616d65 ";
    EXPECT_TRUE(read_put_records_cbor(from_hex("a2" + start + "61 73"), received));
    EXPECT_FALSE(read_put_records_cbor(
        from_hex("a3" + start + "61 73 6a 53747265616d4e616d65 61 73"), received));
    EXPECT_FALSE(read_put_records_cbor(from_hex("a2" + start + "7f 61 73 ff"), received));
    EXPECT_FALSE(read_put_records_cbor(from_hex("a2" + start + "61 ff"), received));
}

}  // namespace
}  // namespace lk::wire
