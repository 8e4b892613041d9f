#include "outbox/keeper.hpp"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <new>
#include <system_error>
#include <utility>

#include "outbox/as_soon_as_memory.hpp"
#include "outbox/salvage.hpp"
#include "sqlite/fork_gate.hpp"

namespace lk::outbox {

namespace {

using namespace std::chrono_literals;
using sqlite::DatabaseError;

// How much of the log is copied into the file at once, in pages of it: 32 MiB. Most of them have
// been written over by then: what is settled soon is never copied.
constexpr int log_pages = 512;
// Free pages that stay for what comes: 16 MiB. What is more is given back in small steps.
constexpr std::int64_t spare_pages = 256;
constexpr int pages_a_step = 64;
constexpr auto tidy_delay = 1s;
constexpr auto tidy_step = 20ms;
constexpr auto retry_delay = 1s;
// As the log hook takes it.
constexpr int log_error = 2;

constexpr DirectoryUse outbox_directory{
    .name = "outbox directory", .mend = "stop that, or give each process a directory of its own"};

std::string path_in(const std::string& directory) {
    return directory + "/outbox.db";
}

TimePoint now() {
    return std::chrono::steady_clock::now();
}

}  // namespace

Keeper::Keeper(const Options& options, DirectoryLock lock)
    : options_(options),
      file_options_{.path = path_in(options.directory), .vfs = options.vfs, .sync = options.sync},
      directory_lock_(std::move(lock)) {}

Keeper::~Keeper() = default;

Expected<std::unique_ptr<Keeper>, Error> Keeper::open(const Options& options) {
    auto lock = DirectoryLock::claim(options.directory, outbox_directory);
    if (!lock) return std::move(lock).error();
    std::unique_ptr<Keeper> keeper(new Keeper(options, std::move(lock).value()));
    if (auto error = keeper->attempt([](File& file) { file.check(); })) return std::move(*error);
    return keeper;
}

bool Keeper::is_there(const Options& options) {
    const std::string path = path_in(options.directory);
    std::error_code error;
    return std::filesystem::exists(path, error) || is_salvage_to_finish(path);
}

Error Keeper::failed(const std::string& what) const {
    return {.code = ErrorCode::outbox,
            .message = "the outbox in " + options_.directory + " cannot be used: " + what +
                       "; see that the disk has room and works"};
}

// Nearly without memory, if need be.
Error Keeper::out_of_memory() const {
    try {
        return {.code = ErrorCode::outbox,
                .message = "the outbox in " + options_.directory +
                           " cannot be used: out of memory; it is tried again"};
    } catch (const std::bad_alloc&) {
        // So short that it is allocated nowhere.
        return {.code = ErrorCode::outbox, .message = "out of memory"};
    }
}

void Keeper::log(int level, std::string_view text, std::string_view more) const {
    if (!options_.log) return;
    try {
        options_.log(level, std::string("outbox ")
                                .append(options_.directory)
                                .append(": ")
                                .append(text)
                                .append(more));
    } catch (const std::bad_alloc&) {
        options_.log(level, "out of memory");
    }
}

void Keeper::open_file() {
    if (file_) return;
    finish_salvage(file_options_.path);
    file_.emplace(file_options_);
    next_id_ = std::max(next_id_, file_->tally().next_id);
    bytes_.store(file_->tally().bytes, std::memory_order_relaxed);
}

// What the failed commit may have left is cut off, as it may be in the system's memory and not on
// the disk: written again it is, and then all of it.
void Keeper::drop_file() noexcept {
    if (!file_) return;
    file_->log().cut_failed_commit();
    file_.reset();
}

template <class Work>
std::optional<Error> Keeper::attempt(const Work& work) {
    const sqlite::WithinSqlite within;
    try {
        return attempt_twice(work);
    } catch (const std::bad_alloc&) {
        drop_file();
        log(log_error, "memory ran out");
        return out_of_memory();
    }
}

// Does it on a connection that has not failed; a second time on a new one when it has, and on a new
// file when this one is damaged.
template <class Work>
std::optional<Error> Keeper::attempt_twice(const Work& work) {
    std::string first;
    bool was_damaged = false;
    for (int attempts = 0;; ++attempts) {
        try {
            if (was_damaged) save_what_can_be();
            was_damaged = false;
            open_file();
            work(*file_);
            return std::nullopt;
        } catch (const DatabaseError& error) {
            drop_file();
            if (attempts > 0) {
                return failed(first == error.what() ? first : first + "; then " + error.what());
            }
            first = error.what();
            if (error.kind() == DatabaseError::Kind::in_use) pass_by_inherited_locks();
            was_damaged = error.kind() == DatabaseError::Kind::damaged;
            if (was_damaged) log(log_error, "the file is damaged: ", error.what());
        }
    }
}

// What nothing is lost by when it fails.
template <class Work>
bool Keeper::chore(const Work& work, std::string_view if_it_fails) {
    const sqlite::WithinSqlite within;
    try {
        work(*file_);
        return true;
    } catch (const DatabaseError& error) {
        log(log_error, error.what(), if_it_fails);
    } catch (const std::bad_alloc&) {
        log(log_error, "memory ran out", if_it_fails);
    }
    drop_file();
    return false;
}

// In a forked child SQLite takes the files that its parent had open for files that it has itself,
// and will not lock them again. The directory's lock is enough then.
void Keeper::pass_by_inherited_locks() {
    const bool is_child = fork_generation() > 1;
    if (!is_child || !options_.vfs.empty()) return;
    if (!sqlite::Database::is_locked_elsewhere(file_options_.path)) file_options_.vfs = "unix-none";
}

void Keeper::save_what_can_be() {
    const Salvaged salvaged = salvage(file_options_, streams_);
    log(log_error,
        std::to_string(salvaged.records) + " records in " + std::to_string(salvaged.pages) +
            " pages were saved from the damaged file, " + std::to_string(salvaged.lost_pages) +
            " pages were lost" +
            (salvaged.list_was_whole ? "" : ", and maybe more: their list is damaged, too") +
            "; it was set aside in " + salvaged.folder);
}

Expected<FileStream, Error> Keeper::stream(std::string_view name) {
    FileStream stream;
    if (auto error = attempt([&](File& file) { stream = file.stream(name); })) {
        return std::move(*error);
    }
    const auto is_it = [&](const FileStream& one) { return one.number == stream.number; };
    if (std::ranges::none_of(streams_, is_it)) streams_.push_back(stream);
    return stream;
}

Expected<std::vector<LeftPage>, Error> Keeper::left(const FileStream& stream, PageId after,
                                                    PageId before, int most) {
    std::vector<LeftPage> pages;
    auto error = attempt([&](File& file) {
        pages.clear();
        file.for_each_unsettled(
            stream, after, before, most, [&](PageId id, const PageState& state) {
                pages.push_back({.id = id, .fingerprints = state.fingerprints()});
            });
    });
    if (error) return std::move(*error);
    return pages;
}

Expected<std::vector<StreamContents>, Error> Keeper::contents() {
    std::vector<StreamContents> all;
    auto error = attempt([&](File& file) {
        all.clear();
        for (const FileStream& stream : file.streams()) {
            StreamContents& one = all.emplace_back();
            one.name = stream.name;
            file.for_each_unsettled(stream, 0, std::numeric_limits<PageId>::max(), -1,
                                    [&](PageId, const PageState& state) {
                                        if (!one.oldest_ms) one.oldest_ms = state.kept_at_ms();
                                        ++one.pages;
                                        one.records += state.unsettled();
                                        one.bytes += allocated_bytes(state.body_bytes());
                                    });
        }
    });
    if (error) return std::move(*error);
    return all;
}

void Keeper::carry_out(Asked asked) {
    for (const Asked::Settle& one : asked.settles) settle(one);
    as_soon_as_memory([&] { flushes_.reserve(flushes_.size() + asked.flushes.size()); });
    for (auto& flush : asked.flushes) flushes_.push_back(std::move(flush));
    if (!asked.keeps.empty() || !due_.empty()) write(asked.keeps);
    if (origin_.inherited()) return;
    for (const Asked::Load& one : asked.loads) {
        one.done(load(one));
        if (origin_.inherited()) return;
    }
    for (const auto& question : asked.questions) question(*this);
    answer_flushes();
}

void Keeper::settle(const Asked::Settle& settle) {
    as_soon_as_memory([&] {
        Due& due = due_[settle.id];
        due.stream = settle.stream;
        due.records.insert(due.records.end(), settle.records.begin(), settle.records.end());
    });
}

std::vector<Keeper::Draft> Keeper::number(const std::vector<Asked::Keep>& keeps) {
    std::vector<Draft> drafts;
    PageId id = next_id_;
    for (const Asked::Keep& keep : keeps) {
        for (const PageDraft& page : keep.pages) {
            drafts.push_back({.stream = keep.stream, .id = id++, .records = &page});
        }
    }
    next_id_ = id;
    return drafts;
}

void Keeper::write(std::vector<Asked::Keep>& keeps) {
    const std::vector<Draft> drafts = as_soon_as_memory([&] { return number(keeps); });
    bool again = false;
    const auto error =
        attempt([&](File& file) { write(file, drafts, std::exchange(again, true)); });
    if (error) {
        for (const Draft& draft : drafts) {
            as_soon_as_memory(
                [&] { due_[draft.id] = {.stream = draft.stream, .records = {}, .remove = true}; });
        }
        retry_at_ = now() + retry_delay;
    } else {
        due_.clear();
        retry_at_ = never;
        bytes_.store(file_->tally().bytes, std::memory_order_relaxed);
        if (sync_at_ == never && options_.sync == Sync::interval) {
            sync_at_ = now() + options_.sync_interval;
        }
        tidy_at_ = now() + tidy_delay;
    }
    auto next = drafts.begin();
    for (const Asked::Keep& keep : keeps) {
        using Answer = Expected<std::vector<PageId>, Error>;
        keep.done(as_soon_as_memory([&]() -> Answer {
            if (error) return *error;
            std::vector<PageId> ids(keep.pages.size());
            std::transform(next, next + static_cast<std::ptrdiff_t>(ids.size()), ids.begin(),
                           [](const Draft& draft) { return draft.id; });
            return ids;
        }));
        next += static_cast<std::ptrdiff_t>(keep.pages.size());
        if (origin_.inherited()) return;
    }
    if (!error && file_->log().pages() >= log_pages) copy_log(false);
}

void Keeper::write(File& file, const std::vector<Draft>& drafts, bool again) {
    File::Change change(file);
    const std::int64_t kept_at_ms = system_now_ms();
    for (const Draft& draft : drafts) {
        // The first attempt may have come as far as the file.
        if (again) change.remove(*draft.stream, draft.id);
        change.keep(*draft.stream, draft.id, kept_at_ms, *draft.records);
    }
    for (const auto& [id, due] : due_) {
        if (due.remove) {
            change.remove(*due.stream, id);
        } else {
            change.settle(*due.stream, id, due.records);
        }
    }
    change.commit();
}

Expected<KeptPage, Error> Keeper::load(const Asked::Load& asked) {
    std::optional<KeptPage> page;
    if (auto error = attempt([&](File& file) { page = file.load(*asked.stream, asked.id); })) {
        return std::move(*error);
    }
    if (!page) {
        return as_soon_as_memory([&] {
            return Error{.code = ErrorCode::outbox,
                         .message = "the outbox in " + options_.directory + " has no page " +
                                    std::to_string(asked.id) + " of the stream " +
                                    asked.stream->name +
                                    ": it is settled, or was lost with a damaged file"};
        });
    }
    const auto due = due_.find(asked.id);
    if (due == due_.end()) return std::move(*page);
    for (const std::uint32_t record : due->second.records) {
        if (record < page->settled.size()) page->settled[record] = true;
    }
    return std::move(*page);
}

// Only what is written can be flushed: where the disk fails they wait, until it works or the end.
void Keeper::answer_flushes() {
    if (flushes_.empty() || !due_.empty()) return;
    synchronize();
    for (const auto& done : std::exchange(flushes_, {})) {
        done();
        if (origin_.inherited()) return;
    }
}

void Keeper::synchronize() {
    if (sync_at_ == never || !file_) return;
    sync_at_ = never;
    chore([](File& file) { file.log().synchronize(); },
          "; what was stored since the last time may be lost when the machine fails");
}

// What was committed is in the log.
void Keeper::copy_log(bool truncate) {
    chore([&](File& file) { truncate ? file.log().copy_and_truncate() : file.log().copy(); });
}

TimePoint Keeper::next_chore() const noexcept {
    return std::min({retry_at_, sync_at_, tidy_at_});
}

void Keeper::do_chores(TimePoint at) {
    if (retry_at_ <= at) {
        std::vector<Asked::Keep> none;
        write(none);
        answer_flushes();
    }
    if (sync_at_ <= at) synchronize();
    if (tidy_at_ > at) return;
    tidy_at_ = never;
    if (!file_) return;
    const bool more = give_back_a_step(at);
    if (file_ && (!more || file_->log().pages() >= log_pages)) copy_log(true);
}

// Whether there is more to give back.
bool Keeper::give_back_a_step(TimePoint at) {
    bool more = false;
    const bool worked = chore([&](File& file) {
        more = file.free_pages() > spare_pages;
        if (more) file.give_back(pages_a_step);
    });
    if (worked && more) tidy_at_ = at + tidy_step;
    return !worked || more;
}

void Keeper::finish() {
    if (!due_.empty()) {
        std::vector<Asked::Keep> none;
        write(none);
    }
    synchronize();
    for (const auto& done : std::exchange(flushes_, {})) done();
    if (origin_.inherited()) return;
    const sqlite::WithinSqlite within;
    file_.reset();
}

}  // namespace lk::outbox
