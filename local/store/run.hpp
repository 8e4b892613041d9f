#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lk::local {

/// Records that one request put into one shard are kept as one run of bytes, in one row: SQLite
/// takes a row of 60 KB several times as fast as the hundred rows of its records.
///
///     key bytes (4, little-endian) | data bytes (4) | key | data | the next record …
[[nodiscard]] constexpr std::size_t run_bytes(std::size_t key, std::size_t data) noexcept {
    return 8 + key + data;
}

void append_to_run(std::string& run, std::string_view key, std::string_view data);

struct RunRecord {
    std::string_view partition_key;
    std::string_view data;
};

/// Takes the first record off `run`; false when none is left or the bytes are not a run.
[[nodiscard]] bool take_from_run(std::string_view& run, RunRecord& record) noexcept;

}  // namespace lk::local
