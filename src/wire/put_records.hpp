#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <lk/expected.hpp>
#include <lk/kinesis_client.hpp>

#include "wire/encoding.hpp"

namespace lk::wire {

/// A request body as pieces to hash and send one after another. In CBOR the pieces point at the
/// records' own finished bytes wherever they have them (neighbours in memory become one piece);
/// in JSON everything is in `owned`.
struct Body {
    std::string owned;
    std::vector<std::string_view> pieces;
    std::size_t bytes = 0;
};

/// The body of a PutRecords request. `request`'s bytes must outlive the body, which must not be
/// copied or moved (pieces point into `owned`), so it is filled in place.
/// The stream is written as StreamARN when it begins with "arn:", else as StreamName.
void encode_put_records(Encoding encoding, const PutRecordsRequest& request, Body& body);

/// Reads a PutRecords answer; the error says why it is none. `expected_records` bounds what is
/// reserved; another count is not an error here.
[[nodiscard]] Expected<PutRecordsAnswer, std::string> decode_put_records_answer(
    Encoding encoding, std::string_view bytes, std::size_t expected_records);

/// What a server reads from a PutRecords request.
struct ReceivedRecord {
    std::string_view data;
    std::string_view partition_key;
    std::string_view explicit_hash_key;
    bool has_explicit_hash_key = false;
};
struct ReceivedPutRecords {
    std::string_view stream_name;
    std::string_view stream_arn;
    std::vector<ReceivedRecord> records;
};

/// Reads a PutRecords request in CBOR without copying: views point into `bytes`. False when it is
/// anything but the usual shape (indefinite-length strings, unknown or missing members, types that
/// differ): the caller then takes the slow way through parse(), which can say what is wrong.
[[nodiscard]] bool read_put_records_cbor(std::string_view bytes, ReceivedPutRecords& out);

/// The answer a server gives, one entry a record, written at the end of `out`.
void encode_put_records_answer(Encoding encoding, const PutRecordsAnswer& answer, std::string& out);

}  // namespace lk::wire
