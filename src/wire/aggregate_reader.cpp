#include "wire/aggregate_reader.hpp"

#include "base/md5.hpp"
#include "wire/aggregate_format.hpp"
#include "wire/protobuf_reader.hpp"

namespace lk::wire {
namespace {

using namespace aggregate_format;

/// A message Record. Of a field that comes twice the last one counts, and one of another type than
/// the schema's is as good as unknown.
struct EncodedRecord {
    std::optional<std::uint64_t> partition_key_index;
    std::optional<std::uint64_t> explicit_hash_key_index;
    std::optional<std::string_view> data;
};

/// Tags mean nothing yet, but one without its key makes the whole message invalid.
bool is_tag(std::string_view message) noexcept {
    ProtobufReader reader(message);
    bool has_key = false;
    for (ProtobufField read; reader.next(read);) {
        has_key = has_key || read.is(tag_field::key, ProtobufType::bytes);
    }
    return has_key && !reader.failed();
}

/// Nothing when it is malformed or lacks a required field.
std::optional<EncodedRecord> read_record(std::string_view message) noexcept {
    ProtobufReader reader(message);
    EncodedRecord record;
    for (ProtobufField read; reader.next(read);) {
        if (read.is(record_field::partition_key_index, ProtobufType::varint)) {
            record.partition_key_index = read.value;
        } else if (read.is(record_field::explicit_hash_key_index, ProtobufType::varint)) {
            record.explicit_hash_key_index = read.value;
        } else if (read.is(record_field::data, ProtobufType::bytes)) {
            record.data = read.bytes;
        } else if (read.is(record_field::tags, ProtobufType::bytes) && !is_tag(read.bytes)) {
            return std::nullopt;
        }
    }
    if (reader.failed() || !record.partition_key_index || !record.data) return std::nullopt;
    return record;
}

/// The Client Library takes the lower 32 bits of an index.
const std::string_view* entry(const std::vector<std::string_view>& table,
                              std::uint64_t index) noexcept {
    const auto at = static_cast<std::uint32_t>(index);
    return at < table.size() ? &table[at] : nullptr;
}

}  // namespace

bool AggregateReader::read(std::string_view record) {
    partition_keys_.clear();
    explicit_hash_keys_.clear();
    records_.clear();
    lost_ = 0;
    if (!record.starts_with(magic) || record.size() <= magic.size() + digest_bytes ||
        record.size() > most_bytes) {
        return false;
    }
    const std::string_view digest = record.substr(record.size() - digest_bytes);
    const std::string_view message =
        record.substr(magic.size(), record.size() - magic.size() - digest_bytes);
    const std::array<char, digest_bytes> expected = md5(message);
    if (digest != std::string_view(expected.data(), expected.size())) return false;
    const auto counts = check(message);
    if (!counts) return false;
    // Counted first, so that nothing is reserved on the word of a length alone.
    partition_keys_.reserve(counts->partition_keys);
    explicit_hash_keys_.reserve(counts->explicit_hash_keys);
    records_.reserve(counts->records);
    read_tables(message);
    read_records(message, counts->records);
    return true;
}

std::optional<AggregateReader::Counts> AggregateReader::check(std::string_view message) noexcept {
    ProtobufReader reader(message);
    Counts counts;
    for (ProtobufField read; reader.next(read);) {
        if (read.is(field::partition_key_table, ProtobufType::bytes)) {
            ++counts.partition_keys;
        } else if (read.is(field::explicit_hash_key_table, ProtobufType::bytes)) {
            ++counts.explicit_hash_keys;
        } else if (read.is(field::records, ProtobufType::bytes)) {
            if (!read_record(read.bytes)) return std::nullopt;
            ++counts.records;
        }
    }
    if (reader.failed()) return std::nullopt;
    return counts;
}

void AggregateReader::read_tables(std::string_view message) {
    ProtobufReader reader(message);
    for (ProtobufField read; reader.next(read);) {
        if (read.is(field::partition_key_table, ProtobufType::bytes)) {
            partition_keys_.push_back(read.bytes);
        } else if (read.is(field::explicit_hash_key_table, ProtobufType::bytes)) {
            explicit_hash_keys_.push_back(read.bytes);
        }
    }
}

// After the tables, which may stand behind them.
void AggregateReader::read_records(std::string_view message, std::size_t count) {
    ProtobufReader reader(message);
    for (ProtobufField read; reader.next(read);) {
        if (!read.is(field::records, ProtobufType::bytes)) continue;
        const auto encoded = read_record(read.bytes);
        const std::string_view* const key = entry(partition_keys_, *encoded->partition_key_index);
        const std::string_view* hash_key = nullptr;
        if (encoded->explicit_hash_key_index) {
            hash_key = entry(explicit_hash_keys_, *encoded->explicit_hash_key_index);
        }
        if (key == nullptr || (encoded->explicit_hash_key_index && hash_key == nullptr)) break;
        UserRecord& record = records_.emplace_back();
        record.partition_key = *key;
        if (hash_key != nullptr) record.explicit_hash_key = *hash_key;
        record.data = *encoded->data;
    }
    lost_ = count - records_.size();
}

}  // namespace lk::wire
