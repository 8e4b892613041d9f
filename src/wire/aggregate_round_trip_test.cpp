// What is written is read again; and what aws-kinesis-agg wrote (tests/golden), too.

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "event/aggregate_rule.hpp"
#include "wire/aggregate_reader.hpp"
#include "wire/aggregate_seals.hpp"
#include "wire/aggregate_writer.hpp"
#include "wire/base64.hpp"
#include "wire/test_aggregates.hpp"

namespace lk::wire {
namespace {

using test::kept;
using test::Kept;
using test::sealed;

class Random {
  public:
    explicit Random(std::uint64_t seed) : engine_(seed) {}

    std::size_t below(std::size_t bound) { return engine_() % bound; }
    std::string bytes(std::size_t most) {
        std::string made(below(most + 1), '\0');
        for (char& c : made) c = static_cast<char>(engine_());
        return made;
    }

  private:
    std::mt19937_64 engine_;
};

TEST(AggregateRoundTrip, GivesBackWhatWasWritten) {
    Random random(11);
    AggregateWriter writer;
    AggregateReader reader;
    for (int round = 0; round < 500; ++round) {
        std::vector<std::string> keys(1 + random.below(40));
        for (std::string& key : keys) key = random.bytes(300);
        const std::string hash_key = std::to_string(random.below(SIZE_MAX));
        std::vector<Kept> expected(1 + random.below(200));
        writer.begin(hash_key);
        std::size_t told = 0;
        for (Kept& record : expected) {
            record = {keys[random.below(keys.size())], hash_key,
                      random.bytes(random.below(20) == 0 ? 70'000 : 200)};
            told = writer.bytes_with(record.partition_key, record.data.size());
            writer.add(record.partition_key, record.data);
        }
        const std::string written = sealed(writer);
        ASSERT_EQ(written.size(), told) << round;
        ASSERT_TRUE(reader.read(written)) << round;
        ASSERT_EQ(kept(reader), expected) << round;
        ASSERT_EQ(reader.lost(), 0U) << round;
    }
}

TEST(AggregateRoundTrip, IsKeptWholeByWhicheverShardItsHashKeyIsInAfterAnySplit) {
    Random random(12);
    AggregateWriter writer;
    AggregateReader reader;
    for (int round = 0; round < 500; ++round) {
        const event::HashKey hash_key{random.below(SIZE_MAX), random.below(SIZE_MAX)};
        const std::size_t records = 1 + random.below(50);
        writer.begin(event::to_decimal(hash_key));
        // Keys of both sides of any split.
        for (std::size_t at = 0; at < records; ++at) writer.add(random.bytes(20), "data");
        const std::string written = sealed(writer);
        ASSERT_TRUE(reader.read(written));
        const event::HashKey split{random.below(SIZE_MAX), random.below(SIZE_MAX)};
        const event::HashKeyRange lower{{0, 0}, {split.high, split.low}};
        const event::HashKeyRange upper{{split.high, split.low + 1}, {UINT64_MAX, UINT64_MAX}};
        ASSERT_EQ(event::records_kept_by_kcl(reader.records(), lower),
                  lower.contains(hash_key) ? records : 0);
        ASSERT_EQ(event::records_kept_by_kcl(reader.records(), upper),
                  upper.contains(hash_key) ? records : 0);
    }
}

// As many as go with a request: the digest of each is its own.
TEST(AggregateRoundTrip, SealsAnyNumberOfAggregates) {
    Random random(14);
    AggregateWriter writer;
    for (std::size_t count = 0; count <= 2 * md5_lanes + 1; ++count) {
        std::vector<std::string> aggregates;
        for (std::size_t at = 0; at < count; ++at) {
            writer.begin(std::to_string(at));
            writer.add("key", random.bytes(at % 3 == 0 ? 70'000 : 200));
            aggregates.emplace_back(writer.finish());
        }
        AggregateSeals seals;
        for (std::string& one : aggregates) seals.add(one);
        seals.finish();
        for (const std::string& one : aggregates) {
            AggregateReader reader;
            ASSERT_TRUE(reader.read(one)) << count;
            ASSERT_EQ(reader.lost(), 0U);
        }
    }
}

TEST(AggregateRoundTrip, ReadsWhatAwsKinesisAggWrote) {
    std::ifstream file(LK_GOLDEN_DIR "/aggregated-records.json");
    ASSERT_TRUE(file) << LK_GOLDEN_DIR "/aggregated-records.json";
    const auto cases = nlohmann::json::parse(file);
    ASSERT_FALSE(cases.empty());
    for (const auto& one : cases) {
        const auto bytes = decode_base64(one.at("aggregated_base64").get<std::string>());
        ASSERT_TRUE(bytes);
        AggregateReader reader;
        ASSERT_TRUE(reader.read(*bytes)) << one.at("name");
        const std::vector<Kept> read = kept(reader);
        ASSERT_EQ(read.size(), one.at("records").size()) << one.at("name");
        for (std::size_t at = 0; at < read.size(); ++at) {
            const auto& put = one.at("records")[at];
            EXPECT_EQ(read[at].partition_key, put.at("pk")) << one.at("name") << ' ' << at;
            EXPECT_EQ(read[at].data, put.at("data")) << one.at("name") << ' ' << at;
        }
    }
}

}  // namespace
}  // namespace lk::wire
