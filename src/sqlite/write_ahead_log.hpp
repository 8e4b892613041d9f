#pragma once

#include <cstdint>

#include "sqlite/database.hpp"

namespace lk::sqlite {

/// The write-ahead log of a database in journal mode WAL, for who decides by himself when it is
/// copied into the database: SQLite no longer does. Must outlive the database's last commit.
class WriteAheadLog {
  public:
    WriteAheadLog(Database& database, int page_bytes);
    WriteAheadLog(const WriteAheadLog&) = delete;
    WriteAheadLog& operator=(const WriteAheadLog&) = delete;

    /// Whether it was copied as a whole once. Until then it holds what an earlier connection left,
    /// and nothing may be committed: nobody would know what to cut off were that to fail.
    [[nodiscard]] bool is_ours() const noexcept { return is_ours_; }

    /// What the commits since the last whole copy take in it, in pages of the database.
    [[nodiscard]] int pages() const noexcept { return pages_; }

    /// Copies the log into the database.
    void copy();
    /// The same, and makes the file empty.
    void copy_and_truncate();

    /// Writes it to the disk (fsync).
    void synchronize();

    /// After a commit has failed: cuts off what it may have left in the log, so that nobody takes
    /// it for a commit. Whether it worked; the database can only be closed after it.
    bool cut_failed_commit() noexcept;

  private:
    static int on_commit(void* self, sqlite3* database, const char* name, int pages);
    void copy(int mode);

    Database& database_;
    const std::int64_t page_bytes_;
    int pages_ = 0;
    bool is_ours_ = false;
};

}  // namespace lk::sqlite
