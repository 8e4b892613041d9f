#pragma once

namespace lk::sqlite {

/// Held by a thread of the library while it is within SQLite: fork() waits for it, so that a child
/// finds none of SQLite's own locks held by a thread that it does not have.
class WithinSqlite {
  public:
    WithinSqlite();
    ~WithinSqlite();
    WithinSqlite(const WithinSqlite&) = delete;
    WithinSqlite& operator=(const WithinSqlite&) = delete;
};

}  // namespace lk::sqlite
