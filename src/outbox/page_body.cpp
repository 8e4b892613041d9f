#include "outbox/page_body.hpp"

#include <algorithm>
#include <cstring>

#include "outbox/checksum.hpp"
#include "outbox/little_endian.hpp"
#include "outbox/schema.hpp"

namespace lk::outbox {

namespace {

constexpr std::uint32_t magic = 0x424f4b4c;  // "LKOB"
constexpr std::uint16_t version = 1;
constexpr std::size_t header_bytes = 44;
constexpr std::size_t checksum_bytes = 8;

constexpr std::uint8_t is_envelope_flag = 1;

void append_entry(std::string& body, const KeptRecord& record) {
    char entry[record_header_bytes];
    const auto bytes = static_cast<std::uint32_t>(record.cbor.size());
    const std::uint8_t flags = record.is_envelope ? is_envelope_flag : 0;
    std::memcpy(entry, &bytes, 4);
    std::memcpy(entry + 4, &record.data_bytes, 4);
    std::memcpy(entry + 8, &record.key_bytes, 2);
    std::memcpy(entry + 10, &record.hash_key_bytes, 1);
    std::memcpy(entry + 11, &flags, 1);
    std::memcpy(entry + 12, &record.fingerprint, 8);
    body.append(entry, sizeof entry);
}

// The sizes add up to all that follows the entries, or there is nothing.
bool read_records(Bytes entries, std::string_view bytes, std::vector<KeptRecord>& records) {
    for (KeptRecord& record : records) {
        const auto size = entries.number<std::uint32_t>();
        record.data_bytes = entries.number<std::uint32_t>();
        record.key_bytes = entries.number<std::uint16_t>();
        record.hash_key_bytes = entries.number<std::uint8_t>();
        const auto flags = entries.number<std::uint8_t>();
        record.fingerprint = entries.number<std::uint64_t>();
        if (size > bytes.size() || flags > is_envelope_flag) return false;
        record.is_envelope = flags == is_envelope_flag;
        record.cbor = bytes.substr(0, size);
        bytes.remove_prefix(size);
    }
    return bytes.empty();
}

}  // namespace

std::size_t page_body_bytes(std::string_view stream, const PageDraft& draft) noexcept {
    std::size_t bytes = header_bytes + stream.size() + draft.size() * record_header_bytes;
    for (const KeptRecord& record : draft) bytes += record.cbor.size();
    return bytes;
}

// A page stands in the buffer where it is made, in SQLite's statement and row, and on its way back.
std::size_t most_memory(std::size_t largest_record_bytes) noexcept {
    constexpr std::size_t copies = 6;
    constexpr std::size_t rest = std::size_t{2} * 1024 * 1024;  // statements, the log's index
    const std::size_t page = std::max(full_page_bytes, largest_record_bytes + 1024);
    return cache_bytes + cache_bytes / 8 + copies * page + rest;
}

void write_page_body(std::string& body, const PageFacts& facts, const PageDraft& draft) {
    body.clear();
    body.reserve(page_body_bytes(facts.stream, draft));
    append_number(body, std::uint64_t{0});
    append_number(body, magic);
    append_number(body, version);
    append_number(body, static_cast<std::uint16_t>(facts.stream.size()));
    append_number(body, facts.id);
    append_number(body, facts.kept_at_ms);
    append_number(body, facts.fingerprint_seed);
    append_number(body, static_cast<std::uint32_t>(draft.size()));
    body += facts.stream;
    for (const KeptRecord& record : draft) append_entry(body, record);
    for (const KeptRecord& record : draft) body += record.cbor;
    set_number(body, 0, checksum(std::string_view(body).substr(checksum_bytes)));
}

std::optional<PageBody> read_page_body(std::string_view body) {
    Bytes bytes(body);
    const auto sum = bytes.number<std::uint64_t>();
    if (bytes.failed() || sum != checksum(bytes.left())) return std::nullopt;
    if (bytes.number<std::uint32_t>() != magic) return std::nullopt;
    if (bytes.number<std::uint16_t>() != version) return std::nullopt;
    PageBody page;
    const auto name_bytes = bytes.number<std::uint16_t>();
    page.facts.id = bytes.number<PageId>();
    page.facts.kept_at_ms = bytes.number<std::int64_t>();
    page.facts.fingerprint_seed = bytes.number<std::uint64_t>();
    const std::size_t records = bytes.number<std::uint32_t>();
    page.facts.stream = bytes.take(name_bytes);
    // Taken before anything is allocated for it: a count can be no larger than what is there.
    const std::string_view entries = bytes.take(records * record_header_bytes);
    if (bytes.failed() || records == 0) return std::nullopt;
    page.records.resize(records);
    if (!read_records(Bytes(entries), bytes.left(), page.records)) return std::nullopt;
    return page;
}

}  // namespace lk::outbox
