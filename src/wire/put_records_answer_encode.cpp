#include "wire/cbor_writer.hpp"
#include "wire/json_string.hpp"
#include "wire/put_records.hpp"

namespace lk::wire {
namespace {

using namespace std::string_view_literals;

std::size_t count_failed(const PutRecordsAnswer& answer) {
    std::size_t failed = 0;
    for (std::size_t at = 0; at < answer.size(); ++at) failed += answer[at].stored ? 0U : 1U;
    return failed;
}

void encode_cbor(const PutRecordsAnswer& answer, std::string& out) {
    append_cbor_head(out, CborKind::map, 2);
    append_cbor_text(out, "FailedRecordCount");
    append_cbor_head(out, CborKind::unsigned_integer, count_failed(answer));
    append_cbor_text(out, "Records");
    append_cbor_head(out, CborKind::array, answer.size());
    for (std::size_t at = 0; at < answer.size(); ++at) {
        const auto entry = answer[at];
        out += entry.stored ? "\xA2\x6ESequenceNumber"sv
                            : "\xA2\x69"
                              "ErrorCode"sv;
        append_cbor_text(out, entry.stored ? entry.sequence_number : entry.error_code);
        out += entry.stored ? "\x67ShardId"sv
                            : "\x6C"
                              "ErrorMessage"sv;
        append_cbor_text(out, entry.stored ? entry.shard_id : entry.error_message);
    }
}

void encode_json(const PutRecordsAnswer& answer, std::string& out) {
    out.append("{\"FailedRecordCount\":").append(std::to_string(count_failed(answer)));
    out += ",\"Records\":[";
    for (std::size_t at = 0; at < answer.size(); ++at) {
        const auto entry = answer[at];
        if (at != 0) out += ',';
        out += entry.stored ? "{\"SequenceNumber\":\""sv : "{\"ErrorCode\":\""sv;
        append_json_escaped(out, entry.stored ? entry.sequence_number : entry.error_code);
        out += entry.stored ? "\",\"ShardId\":\""sv : "\",\"ErrorMessage\":\""sv;
        append_json_escaped(out, entry.stored ? entry.shard_id : entry.error_message);
        out += "\"}";
    }
    out += "]}";
}

}  // namespace

void encode_put_records_answer(Encoding encoding, const PutRecordsAnswer& answer,
                               std::string& out) {
    constexpr std::size_t likely_entry_bytes = 128;
    out.reserve(out.size() + 64 + answer.size() * likely_entry_bytes);
    if (encoding == Encoding::cbor) {
        encode_cbor(answer, out);
    } else {
        encode_json(answer, out);
    }
}

}  // namespace lk::wire
