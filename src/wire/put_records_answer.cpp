#include <limits>
#include <stdexcept>

#include <lk/kinesis_client.hpp>

namespace lk {

void PutRecordsAnswer::reserve(std::size_t records, std::size_t text_bytes) {
    spans_.reserve(records);
    text_.reserve(text_bytes);
}

void PutRecordsAnswer::add_stored(std::string_view shard_id, std::string_view sequence_number) {
    add(true, shard_id, sequence_number);
}

void PutRecordsAnswer::add_failed(std::string_view error_code, std::string_view error_message) {
    add(false, error_code, error_message);
}

PutRecordsAnswer::Entry PutRecordsAnswer::operator[](std::size_t index) const {
    const Span& span = spans_[index];
    const std::string_view first = std::string_view(text_).substr(span.start, span.first_bytes);
    const std::string_view second =
        std::string_view(text_).substr(span.start + span.first_bytes, span.second_bytes);
    return span.stored ? Entry{.stored = true,
                               .shard_id = first,
                               .sequence_number = second,
                               .error_code = {},
                               .error_message = {}}
                       : Entry{.stored = false,
                               .shard_id = {},
                               .sequence_number = {},
                               .error_code = first,
                               .error_message = second};
}

void PutRecordsAnswer::add(bool stored, std::string_view first, std::string_view second) {
    constexpr std::size_t most = std::numeric_limits<std::uint32_t>::max();
    const std::size_t left = most - text_.size();
    if (first.size() > left || second.size() > left - first.size()) {
        throw std::length_error(
            "a PutRecords answer's text is over 4 GiB; its limit is 4 GiB: "
            "shorten the error messages");
    }
    spans_.push_back({.start = static_cast<std::uint32_t>(text_.size()),
                      .first_bytes = static_cast<std::uint32_t>(first.size()),
                      .second_bytes = static_cast<std::uint32_t>(second.size()),
                      .stored = stored});
    failed_ += stored ? 0U : 1U;
    text_.append(first).append(second);
}

}  // namespace lk
