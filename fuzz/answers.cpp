// What Kinesis, or whatever stands in its place, answers: a byte that says how it is read, and the
// answer's body.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "must.hpp"
#include "wire/document.hpp"
#include "wire/error_answer.hpp"
#include "wire/put_records.hpp"
#include "wire/streams.hpp"

namespace {

using lk::fuzz::must;
using namespace lk::wire;

void try_put_records(Encoding encoding, std::string_view body) {
    const auto answer = decode_put_records_answer(encoding, body, 500);
    if (!answer) {
        must(!answer.error().empty(), "a refusal says why");
        return;
    }
    // What was read is written so that the same is read again.
    std::string written;
    encode_put_records_answer(encoding, *answer, written);
    const auto again = decode_put_records_answer(encoding, written, answer->size());
    must(again && again->size() == answer->size(), "an answer is read the same again");
    for (std::size_t i = 0; i < answer->size(); ++i) {
        const auto one = (*answer)[i];
        const auto other = (*again)[i];
        must(one.stored == other.stored && one.shard_id == other.shard_id &&
                 one.sequence_number == other.sequence_number &&
                 one.error_code == other.error_code && one.error_message == other.error_message,
             "an entry is read the same again");
    }
}

void try_documents(Encoding encoding, std::string_view body) {
    const auto document = parse(encoding, body);
    if (!document) {
        must(!document.error().empty(), "a refusal says why");
        return;
    }
    (void)read_list_shards_answer(*document);
    (void)read_stream_summary_answer(*document);
    const auto again = parse(encoding, serialize(encoding, *document));
    must(again.has_value(), "a document that was written is read");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const Encoding encoding = (data[0] & 1) != 0 ? Encoding::json : Encoding::cbor;
    const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
    try_put_records(encoding, body);
    try_documents(encoding, body);
    const ErrorAnswer error = read_error_answer(body);
    must(error.code.size() <= 4096 && error.message.size() <= 4096, "an error stays readable");
    ReceivedPutRecords received;
    (void)read_put_records_cbor(body, received);
    return 0;
}
