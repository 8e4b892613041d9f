#include "outbox/page_body.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "outbox/checksum.hpp"
#include "outbox/little_endian.hpp"
#include "outbox/schema.hpp"

namespace lk::outbox {

namespace {

constexpr std::uint32_t magic = 0x424f4b4c;  // "LKOB"
constexpr std::uint16_t unpacked_version = 1;
constexpr std::uint16_t version = 2;
constexpr std::size_t checksum_bytes = 8;

constexpr std::uint8_t is_envelope_flag = 1;

// In more and smaller ones they take more room than copying them together takes time.
constexpr std::size_t most_pieces = 4;

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

// The sizes add up to all that there is, or there is nothing.
bool read_records(std::string_view entries, std::string_view bytes,
                  std::vector<KeptRecord>& records) {
    Bytes from(entries);
    for (KeptRecord& record : records) {
        const auto size = from.number<std::uint32_t>();
        record.data_bytes = from.number<std::uint32_t>();
        record.key_bytes = from.number<std::uint16_t>();
        record.hash_key_bytes = from.number<std::uint8_t>();
        const auto flags = from.number<std::uint8_t>();
        record.fingerprint = from.number<std::uint64_t>();
        if (size > bytes.size() || flags > is_envelope_flag) return false;
        record.is_envelope = flags == is_envelope_flag;
        record.cbor = bytes.substr(0, size);
        bytes.remove_prefix(size);
    }
    return bytes.empty();
}

std::string_view view_of(const std::vector<char>& bytes) {
    return {bytes.data(), bytes.size()};
}

struct Contents {
    std::vector<char> entries;
    std::vector<char> bytes;
};

std::vector<char> copy_of(std::string_view bytes) {
    return {bytes.begin(), bytes.end()};
}

std::optional<Contents> read_unpacked(Bytes& from, std::size_t entries_bytes) {
    Contents read{.entries = copy_of(from.take(entries_bytes)), .bytes = {}};
    if (from.failed()) return std::nullopt;
    read.bytes = copy_of(from.left());
    return read;
}

// What the records take, as their entries say.
std::size_t bytes_of_records(const std::vector<char>& entries) {
    std::size_t all = 0;
    for (Bytes from(view_of(entries)); !from.left().empty(); from.take(record_header_bytes)) {
        all += Bytes(from.left()).number<std::uint32_t>();
    }
    return all;
}

std::optional<Contents> read_packed(Bytes& from, std::size_t entries_bytes) {
    Contents read;
    if (!unpack(from, read.entries, entries_bytes) || read.entries.size() != entries_bytes)
        return std::nullopt;
    const std::size_t bytes = bytes_of_records(read.entries);
    if (bytes > most_value_bytes) return std::nullopt;
    while (!from.left().empty()) {
        if (!unpack(from, read.bytes, bytes)) return std::nullopt;
    }
    return read;
}

}  // namespace

// A page stands packed in the two buffers where that is done, in SQLite's row, and in its statement
// on the way back; unpacked behind that.
std::size_t most_memory(std::size_t largest_record_bytes) noexcept {
    constexpr std::size_t copies = 6;
    constexpr std::size_t rest = std::size_t{2} * 1024 * 1024;  // statements, the log's index
    const std::size_t page = std::max(full_page_bytes, largest_record_bytes + 1024);
    return cache_bytes + cache_bytes / 8 + copies * page + rest;
}

// Where one thread dispatched them they stand one behind another as it is, and are packed from
// there.
void PageBodyWriter::find_pieces(const PageDraft& draft) {
    pieces_.clear();
    for (const KeptRecord& record : draft) {
        const std::string_view last = pieces_.empty() ? std::string_view() : pieces_.back();
        if (!pieces_.empty() && last.data() + last.size() == record.cbor.data()) {
            pieces_.back() = {last.data(), last.size() + record.cbor.size()};
        } else if (pieces_.size() < most_pieces) {
            pieces_.push_back(record.cbor);
        } else {
            gathered_.clear();
            for (const KeptRecord& one : draft) gathered_ += one.cbor;
            pieces_.assign(1, gathered_);
            return;
        }
    }
}

std::string_view PageBodyWriter::write(const PageFacts& facts, const PageDraft& draft) {
    body_.clear();
    append_number(body_, std::uint64_t{0});
    append_number(body_, magic);
    append_number(body_, version);
    append_number(body_, static_cast<std::uint16_t>(facts.stream.size()));
    append_number(body_, facts.id);
    append_number(body_, facts.kept_at_ms);
    append_number(body_, facts.fingerprint_seed);
    append_number(body_, static_cast<std::uint32_t>(draft.size()));
    body_ += facts.stream;
    entries_.clear();
    for (const KeptRecord& record : draft) append_entry(entries_, record);
    packer_.append(body_, entries_);
    find_pieces(draft);
    for (const std::string_view piece : pieces_) packer_.append(body_, piece);
    set_number(body_, 0, checksum(std::string_view(body_).substr(checksum_bytes)));
    return body_;
}

std::optional<PageBody> read_page_body(std::string_view body) {
    Bytes bytes(body);
    const auto sum = bytes.number<std::uint64_t>();
    if (bytes.failed() || sum != checksum(bytes.left())) return std::nullopt;
    if (bytes.number<std::uint32_t>() != magic) return std::nullopt;
    const auto written_as = bytes.number<std::uint16_t>();
    if (written_as != version && written_as != unpacked_version) return std::nullopt;
    PageBody page;
    const auto name_bytes = bytes.number<std::uint16_t>();
    page.facts.id = bytes.number<PageId>();
    page.facts.kept_at_ms = bytes.number<std::int64_t>();
    page.facts.fingerprint_seed = bytes.number<std::uint64_t>();
    const std::size_t records = bytes.number<std::uint32_t>();
    page.facts.stream = bytes.take(name_bytes);
    if (bytes.failed() || records == 0 || records > most_page_records) return std::nullopt;
    const std::size_t entries_bytes = records * record_header_bytes;
    auto contents = written_as == unpacked_version ? read_unpacked(bytes, entries_bytes)
                                                   : read_packed(bytes, entries_bytes);
    if (!contents) return std::nullopt;
    page.bytes = std::move(contents->bytes);
    page.records.resize(records);
    if (!read_records(view_of(contents->entries), view_of(page.bytes), page.records))
        return std::nullopt;
    return page;
}

}  // namespace lk::outbox
