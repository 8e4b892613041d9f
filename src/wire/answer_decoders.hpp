#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include <lk/expected.hpp>
#include <lk/kinesis_client.hpp>

namespace lk::wire {

/// One entry of a PutRecords answer while its members come in, in whatever order. A member that is
/// absent, null or empty counts the same.
struct AnswerEntry {
    enum Member : std::size_t { sequence_number, shard_id, error_code, error_message, unknown };

    std::array<std::string_view, unknown> texts;

    [[nodiscard]] static Member member(std::string_view name) noexcept {
        if (name == "SequenceNumber") return sequence_number;
        if (name == "ShardId") return shard_id;
        if (name == "ErrorCode") return error_code;
        if (name == "ErrorMessage") return error_message;
        return unknown;
    }

    /// False when the entry says neither that its record was stored nor that it was not. One whose
    /// shard is not told was stored all the same: to send it again would store it twice.
    [[nodiscard]] bool add_to(PutRecordsAnswer& answer) const {
        if (!texts[error_code].empty()) {
            answer.add_failed(texts[error_code], texts[error_message]);
            return true;
        }
        if (texts[sequence_number].empty()) return false;
        answer.add_stored(texts[shard_id], texts[sequence_number]);
        return true;
    }
};

/// What is wrong with an answer to which the entry at `index` could not be added.
[[nodiscard]] std::string entry_says_nothing(std::size_t index);

/// Makes room for an answer of so many bytes: its texts together are never longer.
void reserve(PutRecordsAnswer& answer, std::size_t bytes, std::size_t expected_records);

/// decode_put_records_answer() in one encoding.
[[nodiscard]] Expected<PutRecordsAnswer, std::string> decode_cbor_answer(
    std::string_view bytes, std::size_t expected_records);
[[nodiscard]] Expected<PutRecordsAnswer, std::string> decode_json_answer(
    std::string_view bytes, std::size_t expected_records);

}  // namespace lk::wire
