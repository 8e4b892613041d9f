#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace lk::sqlite {

/// What SQLite said. Thrown here, and caught by the room that uses it: nobody else sees it.
class DatabaseError : public std::runtime_error {
  public:
    enum class Kind {
        other,
        damaged,  ///< The file is no database, or not a whole one.
        full,     ///< The disk is, and the file is whole.
        in_use,   ///< Somebody else has it open, or what is inherited from a parent process has.
        refused,  ///< It is whole, and not to be used here: the message says why, and the mend.
    };

    explicit DatabaseError(const std::string& message, Kind kind = Kind::other)
        : std::runtime_error(message), kind_(kind) {}

    [[nodiscard]] Kind kind() const noexcept { return kind_; }

  private:
    Kind kind_;
};

/// Makes the file, where there is none, for its owner alone: SQLite would make it as the umask
/// allows, and open one that cannot be written for reading alone. SQLite's log gets the rights that
/// the file has. Throws a DatabaseError that says why it cannot be written.
void make_for_owner_alone(const std::string& path);

/// One SQLite connection. Used by one thread at a time.
class Database {
  public:
    /// Opens or creates the file; ":memory:" for none. The VFS is SQLite's way to the file system;
    /// empty: the default one.
    explicit Database(const std::string& path, const std::string& vfs = {});
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    /// Whether another process has locked the file. Not while this one has it open: to ask lets go
    /// of this process's own locks.
    [[nodiscard]] static bool is_locked_elsewhere(const std::string& path);

    void execute(const std::string& sql);
    /// The first column of the first row.
    [[nodiscard]] std::int64_t number(const std::string& sql);
    [[nodiscard]] std::int64_t last_row() const noexcept;
    /// Its header has a version of which SQLite writes no files
    /// (https://www.sqlite.org/fileformat.html, 1.3.3).
    [[nodiscard]] bool says_it_is_read_only() const noexcept;

    /// Lets a file that somebody else may have written do nothing but hold data, and no value in
    /// it be larger than that.
    void distrust(int most_value_bytes);

    /// Leaves the file as it is, its log and all: for reading what is damaged.
    void change_nothing();

  private:
    friend class Statement;
    friend class WriteAheadLog;
    [[noreturn]] void fail(std::string_view doing) const;

    sqlite3* handle_ = nullptr;
};

/// A prepared statement. Texts and blobs that are bound must live until the next reset().
class Statement {
  public:
    Statement(Database& database, std::string_view sql);
    ~Statement();
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;

    Statement& bind(int parameter, std::int64_t number);
    Statement& bind_text(int parameter, std::string_view text);
    Statement& bind_blob(int parameter, std::string_view bytes);

    /// True when there is a row to read.
    [[nodiscard]] bool step();
    /// For a statement that gives no rows: runs it and makes it ready for the next time.
    void run();
    void reset() noexcept;

    [[nodiscard]] std::int64_t number(int column) const noexcept;
    /// Valid until the next step() or reset().
    [[nodiscard]] std::string_view bytes(int column) const noexcept;

  private:
    Database& database_;
    sqlite3_stmt* handle_ = nullptr;
};

/// Makes a statement ready for its next use, however its reader leaves.
class Rows {
  public:
    explicit Rows(Statement& statement) : statement_(statement) {}
    ~Rows() { statement_.reset(); }
    Rows(const Rows&) = delete;
    Rows& operator=(const Rows&) = delete;

  private:
    Statement& statement_;
};

/// Everything until commit(), or nothing.
class Transaction {
  public:
    explicit Transaction(Database& database);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    void commit();

  private:
    Database& database_;
    bool open_ = true;
};

}  // namespace lk::sqlite
