#pragma once

#include <cstddef>
#include <string_view>

namespace lk::wire {

/// One record as the CBOR map {"Data": bytes, "PartitionKey": text[, "ExplicitHashKey": text]}, the
/// lengths of Data and PartitionKey written in four bytes whatever their size:
///
///     A2|A3  64 'Data'  5A <u32> <data>  6C 'PartitionKey'  7A <u32> <key>
///            [6F 'ExplicitHashKey' 78 <u8> <digits>]
///
/// so that a writer can fill in the data's length afterwards.
struct RecordLayout {
    static constexpr std::size_t before_data = 1 + 5 + 5;
    static constexpr std::size_t before_key = 1 + 12 + 5;
    static constexpr std::size_t before_hash_key = 1 + 15 + 2;

    [[nodiscard]] static constexpr std::size_t bytes(std::size_t data, std::size_t key,
                                                     std::size_t explicit_hash_key) noexcept {
        return before_data + data + before_key + key +
               (explicit_hash_key == 0 ? 0 : before_hash_key + explicit_hash_key);
    }
};

/// Writes what stands before the data, of less than 4 GiB; returns where the data begins.
char* begin_record(char* out, std::size_t data_bytes, bool has_explicit_hash_key) noexcept;
/// Writes what stands after the data; returns the record's end. The explicit hash key: at most 255
/// bytes, or empty, as begin_record() was told.
char* end_record(char* after_data, std::string_view partition_key,
                 std::string_view explicit_hash_key) noexcept;

}  // namespace lk::wire
