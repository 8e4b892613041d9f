#include "local/store/schema.hpp"

namespace lk::local {

namespace {

// "lkds": tells our files from other programs' (https://www.sqlite.org/fileformat.html, 1.3.9).
constexpr std::int64_t application_id = 0x6c6b6473;
// Raise it with every change that an older version could not read.
constexpr std::int64_t schema_version = 2;

// run: the records of one request for one shard, from first_position on; see run.hpp.
constexpr const char* tables =
    "CREATE TABLE stream(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,"
    " created_ms INTEGER NOT NULL, shards INTEGER NOT NULL, on_demand INTEGER NOT NULL,"
    " max_record_bytes INTEGER NOT NULL) STRICT;"
    "CREATE TABLE run(id INTEGER PRIMARY KEY, stream INTEGER NOT NULL, shard INTEGER NOT NULL,"
    " first_position INTEGER NOT NULL, record_count INTEGER NOT NULL,"
    " arrival_ms INTEGER NOT NULL, records BLOB NOT NULL) STRICT;"
    "CREATE UNIQUE INDEX run_by_position ON run(stream, shard, first_position);";

// child: a shard that came from a split, or with an adjacent_parent from a merge. Hash keys are
// decimal. Since version 2.
constexpr const char* child_table =
    "CREATE TABLE child(stream INTEGER NOT NULL, number INTEGER NOT NULL,"
    " first_hash_key TEXT NOT NULL, last_hash_key TEXT NOT NULL, parent INTEGER NOT NULL,"
    " adjacent_parent INTEGER NOT NULL, created_ms INTEGER NOT NULL,"
    " PRIMARY KEY(stream, number)) STRICT, WITHOUT ROWID;";

void configure(sqlite::Database& database, bool in_memory) {
    database.execute("PRAGMA page_size=8192");
    database.execute("PRAGMA cache_size=-65536");  // 64 MiB
    if (in_memory) {
        database.execute("PRAGMA journal_mode=MEMORY");
        return;
    }
    // The directory is ours alone, so the file may be too: no shared memory, no lock a transaction.
    database.execute("PRAGMA locking_mode=EXCLUSIVE");
    database.execute("PRAGMA journal_mode=WAL");
    // A commit outlives this process, though the last ones may not outlive the machine.
    database.execute("PRAGMA synchronous=NORMAL");
    database.execute("PRAGMA wal_autocheckpoint=2048");      // 16 MiB of pages
    database.execute("PRAGMA journal_size_limit=67108864");  // 64 MiB
}

// Before anything is changed: a file that is not ours, or not yet ours to understand, is let alone.
void check(sqlite::Database& database, const std::string& path) {
    if (database.number("PRAGMA application_id") != application_id) {
        throw sqlite::DatabaseError(path + " is not a file of lk-dispatch");
    }
    const std::int64_t version = database.number("PRAGMA user_version");
    if (version > schema_version) {
        throw sqlite::DatabaseError(path +
                                    " was written by a newer version of lk-dispatch (schema " +
                                    std::to_string(version) + ", this one knows " +
                                    std::to_string(schema_version) + "), which alone can use it");
    }
}

}  // namespace

void prepare_schema(sqlite::Database& database, const std::string& path) {
    const bool is_new = database.number("SELECT count(*) FROM sqlite_schema") == 0;
    if (!is_new) check(database, path);
    configure(database, path == ":memory:");
    if (!is_new && database.number("PRAGMA user_version") == schema_version) return;
    sqlite::Transaction transaction(database);
    if (is_new) {
        database.execute("PRAGMA application_id=" + std::to_string(application_id));
        database.execute(tables);
    }
    database.execute(child_table);
    database.execute("PRAGMA user_version=" + std::to_string(schema_version));
    transaction.commit();
}

}  // namespace lk::local
