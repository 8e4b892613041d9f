#include <cassert>

#include "wire/base64.hpp"
#include "wire/cbor_writer.hpp"
#include "wire/json_string.hpp"
#include "wire/put_records.hpp"
#include "wire/record_layout.hpp"

namespace lk::wire {
namespace {

// Data of this size and more is sent from where it lies; a copy of less costs less than handing
// on another piece.
constexpr std::size_t least_bytes_of_a_piece = 1024;

std::string_view stream_member(std::string_view stream) noexcept {
    return stream.starts_with("arn:") ? "StreamARN" : "StreamName";
}

// Puts a body together. What it writes itself goes into `owned`, which was given its room before:
// pieces point there, so it must not grow beyond it.
class Pieces {
  public:
    explicit Pieces(Body& body) : body_(body) {}

    void refer(std::string_view bytes) {
        if (bytes.empty()) return;
        body_.bytes += bytes.size();
        if (!body_.pieces.empty()) {
            std::string_view& last = body_.pieces.back();
            if (last.data() + last.size() == bytes.data()) {
                last = {last.data(), last.size() + bytes.size()};
                return;
            }
        }
        body_.pieces.push_back(bytes);
    }

    void copy(std::string_view bytes) {
        const std::size_t start = body_.owned.size();
        assert(start + bytes.size() <= body_.owned.capacity());
        body_.owned += bytes;
        refer(std::string_view(body_.owned).substr(start));
    }

    void head(CborKind kind, std::uint64_t argument) {
        char head[max_cbor_head_bytes];
        copy({head, write_cbor_head(head, kind, argument)});
    }

    void text(std::string_view text) {
        head(CborKind::text, text.size());
        copy(text);
    }

  private:
    Body& body_;
};

std::size_t copied_bytes(const Record& record) noexcept {
    if (!record.cbor.empty()) return 0;
    return RecordLayout::before_data + RecordLayout::before_key + RecordLayout::before_hash_key +
           3 * max_cbor_head_bytes + record.partition_key.size() + record.explicit_hash_key.size() +
           (record.data.size() < least_bytes_of_a_piece ? record.data.size() : 0);
}

// With heads in their shortest form, which hold any length: nobody has checked these records.
void append_record(Pieces& pieces, const Record& record) {
    pieces.head(CborKind::map, record.explicit_hash_key.empty() ? 2 : 3);
    pieces.text("Data");
    pieces.head(CborKind::bytes, record.data.size());
    if (record.data.size() < least_bytes_of_a_piece) {
        pieces.copy(record.data);
    } else {
        pieces.refer(record.data);
    }
    pieces.text("PartitionKey");
    pieces.text(record.partition_key);
    if (record.explicit_hash_key.empty()) return;
    pieces.text("ExplicitHashKey");
    pieces.text(record.explicit_hash_key);
}

void encode_cbor(const PutRecordsRequest& request, Body& body) {
    std::size_t owned_bytes = 64 + request.stream.size();
    for (const Record& record : request.records) owned_bytes += copied_bytes(record);
    body.owned.reserve(owned_bytes);

    Pieces pieces(body);
    pieces.head(CborKind::map, 2);
    pieces.text(stream_member(request.stream));
    pieces.text(request.stream);
    pieces.text("Records");
    pieces.head(CborKind::array, request.records.size());
    for (const Record& record : request.records) {
        if (record.cbor.empty()) {
            append_record(pieces, record);
        } else {
            pieces.refer(record.cbor);
        }
    }
}

void encode_json(const PutRecordsRequest& request, Body& body) {
    std::string& out = body.owned;
    // Enough, and hardly more: a string that grows takes twice what it needs, and for a moment
    // three times.
    std::size_t enough_bytes = 64 + json_escaped_bytes(request.stream);
    for (const Record& record : request.records) {
        enough_bytes += base64_bytes(record.data.size()) +
                        json_escaped_bytes(record.partition_key) +
                        json_escaped_bytes(record.explicit_hash_key) + 64;
    }
    out.reserve(enough_bytes);

    out.append("{\"").append(stream_member(request.stream)).append("\":\"");
    append_json_escaped(out, request.stream);
    out += "\",\"Records\":[";
    std::string_view before = "{\"Data\":\"";
    for (const Record& record : request.records) {
        out += before;
        append_base64(out, record.data);
        out += "\",\"PartitionKey\":\"";
        append_json_escaped(out, record.partition_key);
        if (!record.explicit_hash_key.empty()) {
            out += "\",\"ExplicitHashKey\":\"";
            append_json_escaped(out, record.explicit_hash_key);
        }
        out += "\"}";
        before = ",{\"Data\":\"";
    }
    out += "]}";
    body.pieces.emplace_back(out);
    body.bytes = out.size();
}

}  // namespace

void encode_put_records(Encoding encoding, const PutRecordsRequest& request, Body& body) {
    body.owned.clear();
    body.pieces.clear();
    body.bytes = 0;
    if (encoding == Encoding::cbor) {
        encode_cbor(request, body);
    } else {
        encode_json(request, body);
    }
}

}  // namespace lk::wire
