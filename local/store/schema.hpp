#pragma once

#include <string>

#include "sqlite/database.hpp"

namespace lk::local {

/// Makes the store's tables in an empty database, or checks that they are there; sets how the
/// connection works. Throws sqlite::DatabaseError when the file is another program's, or was
/// written by a newer version than this one. `path` is for the messages; ":memory:" in memory.
void prepare_schema(sqlite::Database& database, const std::string& path);

}  // namespace lk::local
