#include "wire/aggregate_writer.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "wire/aggregate_format.hpp"
#include "wire/protobuf_writer.hpp"

namespace lk::wire {
namespace {

using namespace aggregate_format;

/// The one explicit hash key's index as a field: its tag, and zero.
constexpr std::size_t explicit_hash_key_index_bytes = 2;

std::size_t record_bytes(std::uint64_t key_number, std::size_t data_bytes) noexcept {
    return 1 + varint_bytes(key_number) + explicit_hash_key_index_bytes +
           bytes_field_bytes(data_bytes);
}

char* copy(std::string_view bytes, char* out) noexcept {
    return std::copy(bytes.begin(), bytes.end(), out);
}

}  // namespace

std::size_t AggregateWriter::most_bytes_added(std::size_t partition_key_bytes,
                                              std::size_t data_bytes) noexcept {
    constexpr std::uint32_t last_number = std::numeric_limits<std::uint32_t>::max();
    return bytes_field_bytes(partition_key_bytes) +
           bytes_field_bytes(record_bytes(last_number, data_bytes));
}

void AggregateWriter::begin(std::string_view explicit_hash_key) {
    keys_.clear();
    explicit_hash_key_ = explicit_hash_key;
    buffer_.resize(gap_bytes_);
}

std::size_t AggregateWriter::bytes_before_records() const noexcept {
    return magic.size() + keys_.encoded().size() + bytes_field_bytes(explicit_hash_key_.size());
}

std::size_t AggregateWriter::bytes_with(std::string_view partition_key,
                                        std::size_t data_bytes) const noexcept {
    const auto number = keys_.find(partition_key);
    return bytes_before_records() + (number ? 0 : bytes_field_bytes(partition_key.size())) +
           (buffer_.size() - gap_bytes_) +
           bytes_field_bytes(record_bytes(number.value_or(keys_.size()), data_bytes)) +
           digest_bytes;
}

void AggregateWriter::add(std::string_view partition_key, std::string_view data) {
    const std::uint32_t number = keys_.find_or_add(partition_key);
    std::array<char, 5 + 3 * most_varint_bytes> head;
    char* out = head.data();
    *out++ = protobuf_tag(field::records, ProtobufType::bytes);
    out = write_varint(out, record_bytes(number, data.size()));
    *out++ = protobuf_tag(record_field::partition_key_index, ProtobufType::varint);
    out = write_varint(out, number);
    *out++ = protobuf_tag(record_field::explicit_hash_key_index, ProtobufType::varint);
    *out++ = 0;
    *out++ = protobuf_tag(record_field::data, ProtobufType::bytes);
    out = write_varint(out, data.size());
    buffer_.append(head.data(), out);
    buffer_.append(data);
}

std::string_view AggregateWriter::finish() {
    const std::size_t front_bytes = bytes_before_records();
    if (front_bytes > gap_bytes_) {
        // An eighth more than needed, as the next aggregate's keys may be a little longer.
        const std::size_t wanted = front_bytes + front_bytes / 8;
        buffer_.insert(0, wanted - gap_bytes_, '\0');
        gap_bytes_ = wanted;
    }
    const std::size_t begin = gap_bytes_ - front_bytes;
    char* out = copy(magic, buffer_.data() + begin);
    out = copy(keys_.encoded(), out);
    *out++ = protobuf_tag(field::explicit_hash_key_table, ProtobufType::bytes);
    out = write_varint(out, explicit_hash_key_.size());
    copy(explicit_hash_key_, out);
    buffer_.append(digest_bytes, '\0');
    return std::string_view(buffer_).substr(begin);
}

}  // namespace lk::wire
