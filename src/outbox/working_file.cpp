#include "outbox/working_file.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/counted.hpp"
#include "base/fork.hpp"
#include "outbox/salvage.hpp"

namespace lk::outbox {

namespace {

using sqlite::DatabaseError;

// As the log hook takes it.
constexpr int log_error = 2;

std::string path_in(const std::string& directory) {
    return directory + "/outbox.db";
}

}  // namespace

WorkingFile::WorkingFile(const Options& options, std::function<void(const File&)> opened)
    : options_(options),
      file_options_{.path = path_in(options.directory), .vfs = options.vfs, .sync = options.sync},
      opened_(std::move(opened)) {}

WorkingFile::~WorkingFile() = default;

std::error_code WorkingFile::look_for(const Options& options) {
    const std::string path = path_in(options.directory);
    std::error_code error;
    if (std::filesystem::exists(path, error) || is_salvage_to_finish(path)) return {};
    if (error) return error;
    const auto folder = std::filesystem::status(options.directory, error);
    return std::make_error_code(exists(folder) && !is_directory(folder)
                                    ? std::errc::not_a_directory
                                    : std::errc::no_such_file_or_directory);
}

void WorkingFile::use(const FileStream& stream) {
    const auto is_it = [&](const FileStream& one) { return one.number == stream.number; };
    if (std::ranges::none_of(streams_, is_it)) streams_.push_back(stream);
}

void WorkingFile::open() {
    if (file_) return;
    finish_salvage(file_options_.path);
    file_.emplace(file_options_);
    opened_(*file_);
}

// What the failed commit may have left is cut off, as it may be in the system's memory and not on
// the disk: written again it is, and then all of it.
void WorkingFile::drop() noexcept {
    if (!file_) return;
    file_->log().cut_failed_commit();
    file_.reset();
}

void WorkingFile::close() {
    const sqlite::WithinSqlite within;
    file_.reset();
}

void WorkingFile::mend(const DatabaseError& failure) {
    if (failure.kind() == DatabaseError::Kind::in_use) pass_by_inherited_locks();
    if (failure.kind() != DatabaseError::Kind::damaged) return;
    log("the file is damaged: ", failure.what());
    save_what_can_be();
}

// In a forked child SQLite takes the files that its parent had open for files that it has itself,
// and will not lock them again. The directory's lock is enough then.
void WorkingFile::pass_by_inherited_locks() {
    const bool is_child = fork_generation() > 1;
    if (!is_child || !options_.vfs.empty()) return;
    if (!sqlite::Database::is_locked_elsewhere(file_options_.path)) file_options_.vfs = "unix-none";
}

void WorkingFile::save_what_can_be() {
    const Salvaged salvaged = salvage(file_options_, streams_);
    log(counted(salvaged.records, "record", "records") + " in " +
        counted(salvaged.pages, "page", "pages") + " saved from the damaged file, " +
        counted(salvaged.lost_pages, "page", "pages") + " lost" +
        (salvaged.list_was_whole ? "" : ", and maybe more: their list is damaged, too") +
        "; it was set aside in " + salvaged.folder);
}

Error WorkingFile::failed(const DatabaseError& first, const DatabaseError& then) const {
    const std::string_view what = first.what();
    const std::string more = what == then.what() ? "" : std::string("; then ") + then.what();
    return {.code = ErrorCode::outbox,
            .message = "the outbox in " + options_.directory +
                       " cannot be used: " + std::string(what) + more +
                       (then.kind() == DatabaseError::Kind::refused
                            ? ""
                            : "; see that the disk has room and works")};
}

// Nearly without memory, if need be.
Error WorkingFile::out_of_memory() const {
    try {
        return {.code = ErrorCode::outbox,
                .message = "the outbox in " + options_.directory +
                           " cannot be used: out of memory; it is tried again"};
    } catch (const std::bad_alloc&) {
        // So short that it is allocated nowhere.
        return {.code = ErrorCode::outbox, .message = "out of memory"};
    }
}

void WorkingFile::log(std::string_view text, std::string_view more) const {
    if (!options_.log) return;
    try {
        options_.log(log_error, std::string("outbox ")
                                    .append(options_.directory)
                                    .append(": ")
                                    .append(text)
                                    .append(more));
    } catch (const std::bad_alloc&) {
        options_.log(log_error, "out of memory");
    }
}

}  // namespace lk::outbox
