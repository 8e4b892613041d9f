#pragma once

#include <cstddef>
#include <string_view>

namespace lk::kinesis {

/// How much of an answer is taken: what could not be one of Kinesis's is cut off.
struct AnswerLimits {
    std::size_t bytes;   ///< Head and body.
    std::size_t values;  ///< Where it is read as a tree.
};

/// The head, and an error of the whole request: Kinesis's own, or the page of a proxy.
inline constexpr std::size_t most_error_answer_bytes = std::size_t{64} * 1024;

/// An entry of a PutRecords answer takes some 110 bytes where the record was stored; where its
/// shard throttled, with the longest name that a stream may have, 300
/// (https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html).
inline constexpr std::size_t most_entry_bytes = 1024;

[[nodiscard]] constexpr std::size_t most_put_records_answer_bytes(std::size_t records) noexcept {
    return most_error_answer_bytes + records * most_entry_bytes;
}

/// Of any other operation. GetRecords gives at most 10,000 records and 10 MiB of data a page, which
/// base64 and the other members enlarge. Of the rest a page of ListShards is the largest: 1,000
/// shards of some 500 bytes and ten values each.
[[nodiscard]] constexpr AnswerLimits answer_limits(std::string_view operation) noexcept {
    constexpr std::size_t mib = std::size_t{1024} * 1024;
    if (operation == "GetRecords") return {.bytes = 32 * mib, .values = 100'000};
    return {.bytes = mib, .values = 20'000};
}

}  // namespace lk::kinesis
