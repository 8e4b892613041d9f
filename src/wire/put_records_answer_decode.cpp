#include <algorithm>
#include <limits>

#include "wire/answer_decoders.hpp"
#include "wire/put_records.hpp"

namespace lk::wire {

std::string entry_says_nothing(std::size_t index) {
    return "entry " + std::to_string(index) + " has neither SequenceNumber nor ErrorCode";
}

void reserve(PutRecordsAnswer& answer, std::size_t bytes, std::size_t expected_records) {
    constexpr std::size_t least_entry_bytes = 16;
    answer.reserve(std::min(expected_records, bytes / least_entry_bytes), bytes);
}

Expected<PutRecordsAnswer, std::string> decode_put_records_answer(Encoding encoding,
                                                                  std::string_view bytes,
                                                                  std::size_t expected_records) {
    // What PutRecordsAnswer can count; 500 entries take some 60 KB.
    if (bytes.size() > std::numeric_limits<std::uint32_t>::max()) {
        return "not a PutRecords answer: it has " + std::to_string(bytes.size()) +
               " bytes, over the limit of 4 GiB";
    }
    auto answer = encoding == Encoding::cbor ? decode_cbor_answer(bytes, expected_records)
                                             : decode_json_answer(bytes, expected_records);
    if (!answer) return "not a PutRecords answer: " + answer.error();
    return answer;
}

}  // namespace lk::wire
