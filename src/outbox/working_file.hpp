#pragma once

#include <functional>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <lk/error.hpp>

#include "outbox/file.hpp"
#include "outbox/outbox.hpp"
#include "outbox/tally.hpp"
#include "sqlite/database.hpp"
#include "sqlite/fork_gate.hpp"

namespace lk::outbox {

/// The outbox's file, kept working: opened anew after a failure, and what can be read of it saved
/// in a new one when it is damaged. On one thread. Where there is no memory its work fails, as
/// where the disk fails.
class WorkingFile {
  public:
    /// `opened`: told what the file counts, each time that it was opened.
    WorkingFile(const Options& options, std::function<void(const File&)> opened);
    ~WorkingFile();
    WorkingFile(const WorkingFile&) = delete;
    WorkingFile& operator=(const WorkingFile&) = delete;

    /// Zero when there is one in the directory; else why it cannot be seen, or that there is none.
    [[nodiscard]] static std::error_code look_for(const Options& options);

    /// Does it on a connection that has not failed; a second time on a new one when it has, and on
    /// a new file when this one is damaged. So what it did before it failed may be there already.
    template <class Work>
    std::optional<Error> attempt(const Work& work) {
        const sqlite::WithinSqlite within;
        try {
            return attempt_twice(work);
        } catch (const std::bad_alloc&) {
            drop();
            log("memory ran out");
            return out_of_memory();
        }
    }

    /// Does, on an open file, what nothing is lost by when it fails. Whether it worked.
    template <class Work>
    bool chore(const Work& work, std::string_view if_it_fails = {}) {
        const sqlite::WithinSqlite within;
        try {
            work(*file_);
            return true;
        } catch (const sqlite::DatabaseError& error) {
            log(error.what(), if_it_fails);
        } catch (const std::bad_alloc&) {
            log("memory ran out", if_it_fails);
        }
        drop();
        return false;
    }

    /// A stream that keeps its number whatever becomes of the file.
    void use(const FileStream& stream);

    [[nodiscard]] bool is_open() const noexcept { return file_.has_value(); }
    /// When it is open.
    [[nodiscard]] std::uint64_t bytes() const { return file_->bytes(); }
    [[nodiscard]] int log_pages() { return file_->log().pages(); }

    void close();

  private:
    template <class Work>
    std::optional<Error> attempt_twice(const Work& work) {
        std::optional<sqlite::DatabaseError> first;
        for (;;) {
            try {
                if (first) mend(*first);
                open();
                work(*file_);
                return std::nullopt;
            } catch (const sqlite::DatabaseError& error) {
                drop();
                if (first) return failed(*first, error);
                first = error;
            }
        }
    }

    void open();
    void drop() noexcept;
    void mend(const sqlite::DatabaseError& failure);
    void pass_by_inherited_locks();
    void save_what_can_be();

    [[nodiscard]] Error failed(const sqlite::DatabaseError& first,
                               const sqlite::DatabaseError& then) const;
    [[nodiscard]] Error out_of_memory() const;
    void log(std::string_view text, std::string_view more = {}) const;

    const Options options_;
    FileOptions file_options_;
    const std::function<void(const File&)> opened_;
    std::optional<File> file_;
    std::vector<FileStream> streams_;
};

}  // namespace lk::outbox
