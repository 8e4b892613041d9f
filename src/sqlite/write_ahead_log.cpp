#include "sqlite/write_ahead_log.hpp"

#include <sqlite3.h>

namespace lk::sqlite {

namespace {

// https://www.sqlite.org/fileformat2.html#walformat
constexpr std::int64_t header_bytes = 32;
constexpr std::int64_t frame_header_bytes = 24;

sqlite3_file* file_of(sqlite3* database) {
    sqlite3_file* file = nullptr;
    sqlite3_file_control(database, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file);
    return file == nullptr || file->pMethods == nullptr ? nullptr : file;
}

}  // namespace

WriteAheadLog::WriteAheadLog(Database& database, int page_bytes)
    : database_(database), page_bytes_(page_bytes) {
    sqlite3_wal_hook(database.handle_, &on_commit, this);
}

int WriteAheadLog::on_commit(void* self, sqlite3*, const char*, int pages) {
    static_cast<WriteAheadLog*>(self)->pages_ = pages;
    return SQLITE_OK;
}

void WriteAheadLog::copy(int mode) {
    int in_log = 0;
    int copied = 0;
    const int result = sqlite3_wal_checkpoint_v2(database_.handle_, "main", mode, &in_log, &copied);
    if (result != SQLITE_OK) database_.fail("cannot copy the log into the database");
    if (in_log != copied) return;
    // The next commit begins at the front of the log.
    pages_ = 0;
    is_ours_ = true;
}

void WriteAheadLog::copy() {
    copy(SQLITE_CHECKPOINT_PASSIVE);
}

void WriteAheadLog::copy_and_truncate() {
    copy(SQLITE_CHECKPOINT_TRUNCATE);
}

void WriteAheadLog::synchronize() {
    sqlite3_file* const file = file_of(database_.handle_);
    if (file == nullptr) return;
    if (file->pMethods->xSync(file, SQLITE_SYNC_NORMAL) != SQLITE_OK) {
        throw DatabaseError("cannot synchronize the log");
    }
}

bool WriteAheadLog::cut_failed_commit() noexcept {
    sqlite3_file* const file = file_of(database_.handle_);
    if (file == nullptr || !is_ours_) return true;
    const std::int64_t whole =
        pages_ == 0 ? 0 : header_bytes + pages_ * (frame_header_bytes + page_bytes_);
    return file->pMethods->xTruncate(file, whole) == SQLITE_OK;
}

}  // namespace lk::sqlite
