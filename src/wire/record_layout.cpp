#include "wire/record_layout.hpp"

#include <cassert>

#include "wire/cbor_writer.hpp"

namespace lk::wire {

using namespace std::string_view_literals;

char* begin_record(char* out, std::size_t data_bytes, bool has_explicit_hash_key) noexcept {
    out = write_bytes(out, has_explicit_hash_key ? "\xA3\x64"
                                                   "Data\x5A"sv
                                                 : "\xA2\x64"
                                                   "Data\x5A"sv);
    return write_big_endian(out, data_bytes, 4);
}

char* end_record(char* after_data, std::string_view partition_key,
                 std::string_view explicit_hash_key) noexcept {
    char* out = write_bytes(after_data, "\x6CPartitionKey\x7A"sv);
    out = write_big_endian(out, partition_key.size(), 4);
    out = write_bytes(out, partition_key);
    if (explicit_hash_key.empty()) return out;
    assert(explicit_hash_key.size() <= 0xFF);
    out = write_bytes(out,
                      "\x6F"
                      "ExplicitHashKey\x78"sv);
    out = write_big_endian(out, explicit_hash_key.size(), 1);
    return write_bytes(out, explicit_hash_key);
}

}  // namespace lk::wire
