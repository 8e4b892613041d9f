#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "sqlite/database.hpp"

namespace lk::outbox {

/// The pages of the file. SQLite's largest: a page of the outbox fits in one, packed or not.
inline constexpr int file_page_bytes = 65536;
/// What SQLite keeps of the file in memory.
inline constexpr int cache_bytes = 16 << 20;
/// Where the tally stands in the list of pages: behind all streams, beside the newest pages, so
/// that it is written with a page of the file that is written anyway.
inline constexpr std::int64_t tally_stream = std::numeric_limits<std::int64_t>::max();

/// How much of a value is read: a record of Kinesis has 10 MiB at most.
inline constexpr int most_value_bytes = 32 << 20;

/// Creates the tables in a new file, or checks what is there, and sets how the connection works.
/// Throws DatabaseError when the file is another program's, was written by a newer version of
/// lk-dispatch, or is damaged. `path` is for the message.
void prepare_schema(sqlite::Database& database, const std::string& path);

/// Whether nothing is missing that is read. A file of an older version may be read as it is, until
/// something is to be written.
[[nodiscard]] bool has_all_tables(sqlite::Database& database);

/// Makes a file of an older version one of this. Commits, so the log must be ours (see
/// WriteAheadLog).
void upgrade_schema(sqlite::Database& database);

}  // namespace lk::outbox
