#include "outbox/schema.hpp"

#include <iterator>
#include <span>
#include <string_view>

namespace lk::outbox {

namespace {

using sqlite::Database;
using sqlite::DatabaseError;

// "lkob": tells our files from other programs' (https://www.sqlite.org/fileformat.html, 1.3.9).
constexpr std::int64_t application_id = 0x6c6b6f62;
// Raise it with every change that an older version could not read.
constexpr std::int64_t schema_version = 3;

// page: see page_body.hpp. unsettled: a row for each of them, see page_state.hpp, so that looking
// through them and settling touches no records; its last row is the tally (tally.hpp). discarded:
// see discarded_key.hpp.
constexpr const char* tables[] = {
    "CREATE TABLE stream(id INTEGER PRIMARY KEY, name TEXT NOT NULL, seed INTEGER NOT NULL,"
    " checksum INTEGER NOT NULL) STRICT",
    "CREATE TABLE page(id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT",
    "CREATE TABLE unsettled(stream INTEGER NOT NULL, page INTEGER NOT NULL, state BLOB NOT NULL,"
    " PRIMARY KEY(stream, page)) STRICT, WITHOUT ROWID",
    "CREATE TABLE discarded(stream INTEGER NOT NULL, key INTEGER NOT NULL, page INTEGER NOT NULL,"
    " checksum INTEGER NOT NULL, PRIMARY KEY(stream, key)) STRICT, WITHOUT ROWID",
};

// Version 1 discarded nothing; 2 packed no page.
std::size_t tables_of(std::int64_t version) {
    return version == 1 ? std::size(tables) - 1 : std::size(tables);
}

void configure(Database& database) {
    database.distrust(most_value_bytes);
    database.execute("PRAGMA page_size=" + std::to_string(file_page_bytes));
    database.execute("PRAGMA cell_size_check=ON");
    // Before the first access: then the log's index is this process's memory, not a shared file.
    database.execute("PRAGMA locking_mode=EXCLUSIVE");
    database.execute("PRAGMA cache_size=-" + std::to_string(cache_bytes / 1024));
    // What was settled may stay in free pages: they are written over by what comes.
    database.execute("PRAGMA secure_delete=OFF");
}

void check(Database& database, const std::string& path) {
    if (database.number("PRAGMA application_id") != application_id) {
        throw DatabaseError(path + " is not an outbox of lk-dispatch; use another directory",
                            DatabaseError::Kind::refused);
    }
    const std::int64_t version = database.number("PRAGMA user_version");
    if (version > schema_version) {
        throw DatabaseError(path + " was written by a newer version of lk-dispatch (schema " +
                                std::to_string(version) + ", this one knows " +
                                std::to_string(schema_version) +
                                "); use that version, or another directory",
                            DatabaseError::Kind::refused);
    }
    sqlite::Statement statement(database,
                                "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL"
                                " ORDER BY rowid");
    for (const std::string_view table : std::span(tables).first(tables_of(version))) {
        if (!statement.step() || statement.bytes(0) != table) {
            throw DatabaseError(path + " does not have an outbox's tables",
                                sqlite::DatabaseError::Kind::damaged);
        }
    }
    if (statement.step())
        throw DatabaseError(path + " has more than an outbox's tables",
                            sqlite::DatabaseError::Kind::damaged);
}

// `known`: so many are there already.
void create(Database& database, std::size_t known) {
    sqlite::Transaction transaction(database);
    database.execute("PRAGMA application_id=" + std::to_string(application_id));
    for (const char* const table : std::span(tables).subspan(known)) database.execute(table);
    database.execute("PRAGMA user_version=" + std::to_string(schema_version));
    transaction.commit();
}

}  // namespace

void prepare_schema(Database& database, const std::string& path) {
    configure(database);
    const bool is_new = database.number("SELECT count(*) FROM sqlite_schema") == 0;
    if (is_new) {
        database.execute("PRAGMA auto_vacuum=INCREMENTAL");
    } else {
        check(database, path);
    }
    if (database.says_it_is_read_only()) {
        throw DatabaseError(path + " says of itself that it may only be read",
                            DatabaseError::Kind::damaged);
    }
    database.execute("PRAGMA journal_mode=WAL");
    database.execute("PRAGMA journal_size_limit=67108864");  // 64 MiB
    if (is_new) create(database, 0);
}

bool has_all_tables(Database& database) {
    return tables_of(database.number("PRAGMA user_version")) == std::size(tables);
}

void upgrade_schema(Database& database) {
    const std::int64_t version = database.number("PRAGMA user_version");
    if (version < schema_version) create(database, tables_of(version));
}

}  // namespace lk::outbox
