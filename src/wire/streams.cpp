#include "wire/streams.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace lk::wire {
namespace {

// Reads members of an answer. The first that is missing or of another type is what problem()
// tells of; later ones change nothing. Absent and null are the same.
class AnswerReader {
  public:
    const Document& object(const Document& from, const char* name) {
        const Document* const found = find(from, name);
        if (found != nullptr && found->is_object()) return *found;
        report(name, "is not an object");
        return nothing_;
    }

    const Document& array(const Document& from, const char* name) {
        const Document* const found = find(from, name);
        if (found != nullptr && found->is_array()) return *found;
        report(name, "is not an array");
        return nothing_;
    }

    std::string text(const Document& from, const char* name) {
        auto value = optional_text(from, name);
        if (value.empty()) report(name, "is missing or empty");
        return value;
    }

    std::string optional_text(const Document& from, const char* name) {
        const Document* const found = find(from, name);
        if (found == nullptr) return {};
        if (found->is_string()) return found->get<std::string>();
        report(name, "is not text");
        return {};
    }

    // Decimal, below 10^39.
    std::string hash_key(const Document& from, const char* name) {
        constexpr std::size_t most_digits = 39;
        auto value = text(from, name);
        const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
        if (value.size() > most_digits || !std::all_of(value.begin(), value.end(), is_digit)) {
            report(name, "is not a decimal number of at most 39 digits");
        }
        return value;
    }

    std::uint64_t optional_count(const Document& from, const char* name, std::uint64_t least,
                                 std::uint64_t most, std::uint64_t otherwise) {
        const Document* const found = find(from, name);
        if (found == nullptr) return otherwise;
        const bool is_count = found->is_number_unsigned() ||
                              (found->is_number_integer() && found->get<std::int64_t>() >= 0);
        if (is_count) {
            const auto value = found->get<std::uint64_t>();
            if (value >= least && value <= most) return value;
        }
        const std::string given = found->is_number() ? found->dump() : found->type_name();
        report(name, "is " + given + ", not an integer from " + std::to_string(least) + " to " +
                         std::to_string(most));
        return otherwise;
    }

    [[nodiscard]] const Document* find(const Document& from, const char* name) const {
        const auto found = from.find(name);
        return found == from.end() || found->is_null() ? nullptr : &*found;
    }

    [[nodiscard]] const std::string& problem() const { return problem_; }

  private:
    void report(const char* name, std::string_view what) {
        if (problem_.empty()) problem_.append(name).append(" in the answer ").append(what);
    }

    const Document nothing_;
    std::string problem_;
};

const char* stream_member(std::string_view stream) {
    return stream.starts_with("arn:") ? "StreamARN" : "StreamName";
}

Shard read_shard(AnswerReader& reader, const Document& shard) {
    const Document& hash_keys = reader.object(shard, "HashKeyRange");
    const Document& sequence_numbers = reader.object(shard, "SequenceNumberRange");
    return {.shard_id = reader.text(shard, "ShardId"),
            .starting_hash_key = reader.hash_key(hash_keys, "StartingHashKey"),
            .ending_hash_key = reader.hash_key(hash_keys, "EndingHashKey"),
            .parent_shard_id = reader.optional_text(shard, "ParentShardId"),
            .adjacent_parent_shard_id = reader.optional_text(shard, "AdjacentParentShardId"),
            .open = reader.find(sequence_numbers, "EndingSequenceNumber") == nullptr};
}

}  // namespace

Document stream_request(std::string_view stream) {
    return {{stream_member(stream), std::string(stream)}};
}

Document list_shards_request(std::string_view stream, std::string_view next_token) {
    if (!next_token.empty()) return {{"NextToken", std::string(next_token)}};
    Document request = stream_request(stream);
    request["ShardFilter"] = {{"Type", "AT_LATEST"}};
    return request;
}

Expected<ShardPage, std::string> read_list_shards_answer(const Document& answer) {
    AnswerReader reader;
    ShardPage page;
    page.next_token = reader.optional_text(answer, "NextToken");
    for (const Document& shard : reader.array(answer, "Shards")) {
        page.shards.push_back(read_shard(reader, shard));
    }
    if (!reader.problem().empty()) return "not a ListShards answer: " + reader.problem();
    return page;
}

Expected<StreamSummary, std::string> read_stream_summary_answer(const Document& answer) {
    constexpr std::uint64_t most_shards = std::numeric_limits<int>::max();
    constexpr std::uint64_t most_record_kib = 1024 * 1024;
    AnswerReader reader;
    const Document& summary = reader.object(answer, "StreamDescriptionSummary");
    StreamSummary out;
    out.stream_name = reader.text(summary, "StreamName");
    out.stream_arn = reader.optional_text(summary, "StreamARN");
    out.status = reader.text(summary, "StreamStatus");
    if (const Document* const mode = reader.find(summary, "StreamModeDetails")) {
        out.mode = reader.optional_text(*mode, "StreamMode");
    }
    out.encryption = reader.optional_text(summary, "EncryptionType");
    out.open_shard_count =
        static_cast<int>(reader.optional_count(summary, "OpenShardCount", 0, most_shards, 0));
    // Streams made before records could be larger do not tell of a limit.
    out.max_record_bytes =
        1024 * reader.optional_count(summary, "MaxRecordSizeInKiB", 1, most_record_kib, 1024);
    if (!reader.problem().empty()) return "not a DescribeStreamSummary answer: " + reader.problem();
    return out;
}

}  // namespace lk::wire
