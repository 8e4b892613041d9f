// aws-kinesis-agg reads what this library aggregates, and the other way round. A failure prints the
// seed; LK_SEED=… runs it again.

#include <gtest/gtest.h>

#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "node.hpp"
#include "random_json.hpp"
#include "test_seed.hpp"
#include "wire/aggregate_reader.hpp"
#include "wire/aggregate_seals.hpp"
#include "wire/aggregate_writer.hpp"
#include "wire/base64.hpp"

namespace lk::peers {
namespace {

struct Put {
    std::string key;
    std::optional<std::string> hash_key;
    std::string data;
};
using Puts = std::vector<Put>;

std::string base64(std::string_view bytes) {
    std::string text;
    wire::append_base64(text, bytes);
    return text;
}

std::string bytes_of(const nlohmann::json& base64_text) {
    return wire::decode_base64(base64_text.get<std::string>()).value();
}

class AggregatePeer : public ::testing::Test {
  protected:
    AggregatePeer() : seed_(test_seed()), random_(seed_) {
        std::cout << "LK_SEED=" << seed_ << std::endl;
        RecordProperty("seed", std::to_string(seed_));
    }

    // JavaScript lists an object's names that are whole numbers first, and aws-kinesis-agg keeps
    // its tables as objects: what it writes with keys like "7" it writes wrongly. Hence the letter
    // here, and hash keys that are too large for it.
    std::string random_key() { return "k" + random_.text(200); }
    std::string random_hash_key() { return std::to_string(1ULL << 60U | random_.below(1U << 30U)); }

    std::string random_data() {
        std::string bytes(random_.below(random_.one_in(20) ? 20'000 : 600), '\0');
        for (char& c : bytes) c = static_cast<char>(random_.below(256));
        return bytes;
    }

    Puts random_puts(std::size_t most) {
        std::vector<std::string> keys(1 + random_.below(50));
        for (std::string& key : keys) key = random_key();
        Puts puts(1 + random_.below(most));
        for (Put& put : puts) {
            put = {keys[random_.below(keys.size())], std::nullopt, random_data()};
        }
        return puts;
    }

    std::uint64_t seed_;
    RandomJson random_;
};

/// As our writer does: all of them under one hash key.
std::string aggregated(const Puts& puts, const std::string& hash_key) {
    wire::AggregateWriter writer;
    writer.begin(hash_key);
    for (const Put& put : puts) writer.add(put.key, put.data);
    std::string aggregate(writer.finish());
    wire::AggregateSeals seals;
    seals.add(aggregate);
    seals.finish();
    return aggregate;
}

void expect_it_reads(const std::vector<Puts>& cases, const std::string& hash_key,
                     const std::string& name) {
    std::vector<nlohmann::json> questions;
    for (const Puts& puts : cases) {
        questions.push_back({{"deaggregate", base64(aggregated(puts, hash_key))}});
    }
    const auto answers = ask_node("aggregate.js", name, questions);
    for (std::size_t at = 0; at < cases.size(); ++at) {
        const nlohmann::json& read = answers[at].at("records");
        ASSERT_EQ(read.size(), cases[at].size()) << "case " << at;
        for (std::size_t record = 0; record < read.size(); ++record) {
            const std::string place = "case " + std::to_string(at) + ", record " +
                                      std::to_string(record) + ", questions in " + name;
            ASSERT_EQ(read[record].at("key"), cases[at][record].key) << place;
            ASSERT_EQ(read[record].at("hash_key"), hash_key) << place;
            ASSERT_EQ(bytes_of(read[record].at("data")), cases[at][record].data) << place;
        }
    }
}

TEST_F(AggregatePeer, ReadsWhatWeWrite) {
    std::vector<Puts> cases;
    for (int round = 0; round < 200; ++round) cases.push_back(random_puts(300));
    // Keys that mean something to JavaScript are no trouble to its reader.
    cases.push_back({{"", std::nullopt, ""},
                     {"7", std::nullopt, "seven"},
                     {"__proto__", std::nullopt, "x"},
                     {"5", std::nullopt, "five"},
                     {"7", std::nullopt, "again"}});
    expect_it_reads(cases, "340282366920938463463374607431768211455", "aggregate-ours");
}

TEST_F(AggregatePeer, ReadsWhatWeWriteWithManyKeysInAMebibyte) {
    Puts puts;
    for (int key = 0; key < 20'000; ++key) {
        puts.push_back({"key-" + std::to_string(key), std::nullopt, std::to_string(key)});
    }
    puts.push_back({"key-17000", std::nullopt, std::string(300'000, 'x')});
    expect_it_reads({puts}, "0", "aggregate-ours-large");
}

TEST_F(AggregatePeer, WritesWhatWeRead) {
    std::vector<Puts> cases;
    std::vector<nlohmann::json> questions;
    for (int round = 0; round < 200; ++round) {
        Puts puts = random_puts(200);
        const std::vector<std::string> hash_keys = {random_hash_key(), random_hash_key()};
        auto described = nlohmann::json::array();
        for (Put& put : puts) {
            if (!random_.one_in(3)) put.hash_key = hash_keys[random_.below(hash_keys.size())];
            nlohmann::json one = {{"key", put.key}, {"data", base64(put.data)}};
            if (put.hash_key) one["hash_key"] = *put.hash_key;
            described.push_back(std::move(one));
        }
        questions.push_back({{"aggregate", std::move(described)}});
        cases.push_back(std::move(puts));
    }
    const auto answers = ask_node("aggregate.js", "aggregate-theirs", questions);
    wire::AggregateReader reader;
    for (std::size_t at = 0; at < cases.size(); ++at) {
        const std::string written = bytes_of(answers[at].at("data"));
        ASSERT_TRUE(reader.read(written)) << "case " << at;
        ASSERT_EQ(reader.lost(), 0U) << "case " << at;
        const auto read = reader.records();
        ASSERT_EQ(read.size(), cases[at].size()) << "case " << at;
        for (std::size_t record = 0; record < read.size(); ++record) {
            const Put& put = cases[at][record];
            const std::string place =
                "case " + std::to_string(at) + ", record " + std::to_string(record);
            ASSERT_EQ(read[record].partition_key, put.key) << place;
            ASSERT_EQ(read[record].explicit_hash_key, put.hash_key) << place;
            ASSERT_EQ(read[record].data, put.data) << place;
        }
    }
}

TEST_F(AggregatePeer, WritesTheSameBytesAsWeForOneHashKey) {
    // Nothing says that they must be; that they are shows the order and form of every field.
    std::vector<std::string> ours;
    std::vector<nlohmann::json> questions;
    for (int round = 0; round < 50; ++round) {
        const Puts puts = random_puts(100);
        const std::string hash_key = random_hash_key();
        auto described = nlohmann::json::array();
        for (const Put& put : puts) {
            described.push_back(
                {{"key", put.key}, {"hash_key", hash_key}, {"data", base64(put.data)}});
        }
        questions.push_back({{"aggregate", std::move(described)}});
        ours.push_back(aggregated(puts, hash_key));
    }
    const auto answers = ask_node("aggregate.js", "aggregate-same", questions);
    for (std::size_t at = 0; at < ours.size(); ++at) {
        ASSERT_EQ(bytes_of(answers[at].at("data")), ours[at]) << "case " << at;
    }
}

}  // namespace
}  // namespace lk::peers
