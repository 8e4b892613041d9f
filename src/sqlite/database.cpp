#include "sqlite/database.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace lk::sqlite {

void make_for_owner_alone(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) {
        throw DatabaseError("cannot open " + path + ": " + std::generic_category().message(errno) +
                                "; see that this user may write it, and that the disk has room",
                            DatabaseError::Kind::refused);
    }
    ::close(file);
}

Database::Database(const std::string& path, const std::string& vfs) {
    // NOMUTEX: who uses it keeps threads apart anyway.
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(path.c_str(), &handle_, flags, vfs.empty() ? nullptr : vfs.c_str()) !=
        SQLITE_OK) {
        const std::string said = handle_ ? sqlite3_errmsg(handle_) : "out of memory";
        sqlite3_close(handle_);
        throw DatabaseError("cannot open " + path + ": " + said);
    }
}

Database::~Database() {
    sqlite3_close(handle_);
}

void Database::fail(std::string_view doing) const {
    const int code = sqlite3_errcode(handle_) & 0xff;
    std::string message = std::string(doing) + ": " + sqlite3_errmsg(handle_);
    if (code == SQLITE_IOERR || code == SQLITE_CANTOPEN) {
        const int reason = sqlite3_system_errno(handle_);
        if (reason != 0) message += " (" + std::generic_category().message(reason) + ")";
    }
    switch (code) {
        // What is asked of it is right (but for a rollback of what SQLite has rolled back already,
        // which nobody hears of), so it is the file that holds something else: a format that is
        // none, a table that is not there.
        case SQLITE_ERROR:
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB: throw DatabaseError(message, DatabaseError::Kind::damaged);
        case SQLITE_FULL: throw DatabaseError(message, DatabaseError::Kind::full);
        case SQLITE_BUSY: throw DatabaseError(message, DatabaseError::Kind::in_use);
        default: throw DatabaseError(message);
    }
}

void Database::distrust(int most_value_bytes) {
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
    sqlite3_limit(handle_, SQLITE_LIMIT_LENGTH, most_value_bytes);
}

bool Database::is_locked_elsewhere(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    if (file < 0) return false;
    struct flock whole {};
    whole.l_type = F_WRLCK;
    whole.l_whence = SEEK_SET;
    const bool is_locked = ::fcntl(file, F_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
    ::close(file);
    return is_locked;
}

void Database::execute(const std::string& sql) {
    if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) fail(sql);
}

void Database::change_nothing() {
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    execute("PRAGMA query_only=ON");
}

std::int64_t Database::number(const std::string& sql) {
    Statement statement(*this, sql);
    return statement.step() ? statement.number(0) : 0;
}

// SQLite also opens for reading alone what it may not write; such a file is whole.
bool Database::says_it_is_read_only() const noexcept {
    constexpr int place_of_write_version = 18;
    constexpr unsigned char highest_version = 2;
    if (sqlite3_db_readonly(handle_, "main") != 1) return false;
    sqlite3_file* file = nullptr;
    unsigned char version = 0;
    return sqlite3_file_control(handle_, "main", SQLITE_FCNTL_FILE_POINTER, &file) == SQLITE_OK &&
           file != nullptr && file->pMethods != nullptr &&
           file->pMethods->xRead(file, &version, 1, place_of_write_version) == SQLITE_OK &&
           version > highest_version;
}

std::int64_t Database::last_row() const noexcept {
    return sqlite3_last_insert_rowid(handle_);
}

Statement::Statement(Database& database, std::string_view sql) : database_(database) {
    if (sqlite3_prepare_v3(database.handle_, sql.data(), static_cast<int>(sql.size()),
                           SQLITE_PREPARE_PERSISTENT, &handle_, nullptr) != SQLITE_OK) {
        database.fail(sql);
    }
}

Statement::~Statement() {
    sqlite3_finalize(handle_);
}

Statement& Statement::bind(int parameter, std::int64_t number) {
    if (sqlite3_bind_int64(handle_, parameter, number) != SQLITE_OK) database_.fail("bind");
    return *this;
}

// A null destructor is SQLITE_STATIC: SQLite reads the caller's bytes in place.
Statement& Statement::bind_text(int parameter, std::string_view text) {
    if (sqlite3_bind_text64(handle_, parameter, text.data(), text.size(), nullptr, SQLITE_UTF8) !=
        SQLITE_OK) {
        database_.fail("bind");
    }
    return *this;
}

Statement& Statement::bind_blob(int parameter, std::string_view bytes) {
    if (sqlite3_bind_blob64(handle_, parameter, bytes.data(), bytes.size(), nullptr) != SQLITE_OK) {
        database_.fail("bind");
    }
    return *this;
}

bool Statement::step() {
    switch (sqlite3_step(handle_)) {
        case SQLITE_ROW: return true;
        case SQLITE_DONE: return false;
        default: database_.fail(sqlite3_sql(handle_));
    }
}

void Statement::run() {
    const Rows rows(*this);
    while (step()) {
    }
}

void Statement::reset() noexcept {
    sqlite3_reset(handle_);
}

std::int64_t Statement::number(int column) const noexcept {
    return sqlite3_column_int64(handle_, column);
}

std::string_view Statement::bytes(int column) const noexcept {
    const void* const begin = sqlite3_column_blob(handle_, column);
    const int size = sqlite3_column_bytes(handle_, column);
    if (begin == nullptr || size <= 0) return {};
    return {static_cast<const char*>(begin), static_cast<std::size_t>(size)};
}

Transaction::Transaction(Database& database) : database_(database) {
    // IMMEDIATE: whatever could keep us from writing shows here, before anything was done.
    database_.execute("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
    if (!open_) return;
    try {
        database_.execute("ROLLBACK");
    } catch (const DatabaseError&) {
        // SQLite has already rolled back by itself, as it does when the disk is full.
    }
}

void Transaction::commit() {
    database_.execute("COMMIT");
    open_ = false;
}

}  // namespace lk::sqlite
