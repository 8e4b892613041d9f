#include <algorithm>

#include "wire/cbor_reader.hpp"
#include "wire/put_records.hpp"

namespace lk::wire {
namespace {

// A member of definite length that occurs for the first time.
bool read_once(CborReader& reader, CborKind kind, std::string_view& out) {
    CborHead head;
    if (out.data() != nullptr || !reader.head(kind, head)) return false;
    return kind == CborKind::text ? reader.text(head, out) : reader.bytes(head, out);
}

bool read_name(CborReader& reader, std::string_view& name) {
    CborHead head;
    return reader.head(CborKind::text, head) && reader.bytes(head, name);
}

bool read_record(CborReader& reader, ReceivedRecord& record) {
    CborHead head;
    CborItems members;
    std::string_view name;
    if (!reader.head(CborKind::map, head) || !reader.enter(head, members)) return false;
    while (reader.next(members)) {
        if (!read_name(reader, name)) return false;
        bool read = false;
        if (name == "Data") {
            read = read_once(reader, CborKind::bytes, record.data);
        } else if (name == "PartitionKey") {
            read = read_once(reader, CborKind::text, record.partition_key);
        } else if (name == "ExplicitHashKey") {
            read = read_once(reader, CborKind::text, record.explicit_hash_key);
            record.has_explicit_hash_key = true;
        }
        if (!read) return false;
    }
    return !reader.failed() && record.data.data() != nullptr &&
           record.partition_key.data() != nullptr;
}

bool read_records(CborReader& reader, std::size_t bytes, std::vector<ReceivedRecord>& records) {
    // The least that a record takes, so that a promise of more reserves no more.
    constexpr std::size_t least_bytes = 1 + 5 + 1 + 13 + 1;
    CborHead head;
    CborItems items;
    if (!reader.head(CborKind::array, head) || !reader.enter(head, items)) return false;
    records.reserve(static_cast<std::size_t>(
        std::min<std::uint64_t>(head.argument, (bytes - reader.position()) / least_bytes)));
    while (reader.next(items)) {
        if (!read_record(reader, records.emplace_back())) return false;
    }
    return !reader.failed();
}

}  // namespace

bool read_put_records_cbor(std::string_view bytes, ReceivedPutRecords& out) {
    out.stream_name = {};
    out.stream_arn = {};
    out.records.clear();
    CborReader reader(bytes);
    CborHead head;
    CborItems members;
    std::string_view name;
    bool has_records = false;
    if (!reader.head(CborKind::map, head) || !reader.enter(head, members)) return false;
    while (reader.next(members)) {
        if (!read_name(reader, name)) return false;
        bool read = false;
        if (name == "Records") {
            read = !has_records && read_records(reader, bytes.size(), out.records);
            has_records = true;
        } else if (name == "StreamName") {
            read = read_once(reader, CborKind::text, out.stream_name);
        } else if (name == "StreamARN") {
            read = read_once(reader, CborKind::text, out.stream_arn);
        }
        if (!read) return false;
    }
    return reader.end() && has_records &&
           (out.stream_name.data() != nullptr || out.stream_arn.data() != nullptr);
}

}  // namespace lk::wire
