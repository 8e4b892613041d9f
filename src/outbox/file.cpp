#include "outbox/file.hpp"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <set>
#include <system_error>
#include <utility>

#include "base/random.hpp"
#include "outbox/schema.hpp"
#include "outbox/statements.hpp"

namespace lk::outbox {

namespace {

using sqlite::DatabaseError;
using sqlite::Rows;

const char* synchronous(Sync sync) {
    switch (sync) {
        case Sync::every_commit: return "PRAGMA synchronous=FULL";
        case Sync::interval: return "PRAGMA synchronous=NORMAL";
        case Sync::os: return "PRAGMA synchronous=OFF";
    }
    return "";
}

// In pages of the file: room for a commit that removes or gives back a few.
constexpr std::int64_t pages_in_reserve = 24;
constexpr int pages_a_step = 16;

[[noreturn]] void damaged(const std::string& what) {
    throw DatabaseError(what, sqlite::DatabaseError::Kind::damaged);
}

const std::string& made_for_owner_alone(const FileOptions& options) {
    if (options.vfs.empty()) sqlite::make_for_owner_alone(options.path);
    return options.path;
}

}  // namespace

File::File(const FileOptions& options)
    : folder_(std::filesystem::path(options.path).parent_path()),
      database_(made_for_owner_alone(options), options.vfs),
      log_(database_, file_page_bytes) {
    prepare_schema(database_, options.path);
    database_.execute(synchronous(options.sync));
    try {
        copy_earlier_log();
    } catch (const DatabaseError& error) {
        if (error.kind() != DatabaseError::Kind::full) throw;
    }
    if (!has_all_tables(database_)) (void)writable();
    statements_ = std::make_unique<Statements>(database_);
    read_tally();
}

File::~File() = default;

void File::copy_earlier_log() {
    if (!log_.is_ours()) log_.copy_and_truncate();
}

// Once what an earlier run left in the log is in the file, and that is of this version.
sqlite::Database& File::writable() {
    copy_earlier_log();
    if (!std::exchange(is_upgraded_, true)) upgrade_schema(database_);
    return database_;
}

void File::read_tally() {
    sqlite::Statement& statement = statements_->state;
    const Rows rows(statement);
    statement.bind(1, tally_stream).bind(2, 0);
    if (!statement.step()) {
        // A new file has none. Where there are pages, check() misses it.
        tally_ = {};
        return;
    }
    const auto tally = Tally::read(statement.bytes(0));
    if (!tally) damaged("the tally of the pages is damaged");
    tally_ = *tally;
    count_pages();
}

// Rows that are gone leave gaps in pages of the file that others still need, until less than a
// third of those are used.
std::uint64_t File::bytes() const noexcept {
    constexpr std::int64_t for_the_rest = 16;  // the tables' own pages, in a small file
    const std::int64_t in_use = pages_in_use_ - pages_in_use_ / 8 - for_the_rest;
    return std::max(tally_.bytes, static_cast<std::uint64_t>(std::max<std::int64_t>(in_use, 0)) *
                                      file_page_bytes);
}

void File::count_pages() {
    const Rows rows(statements_->all_pages);
    const std::int64_t all = statements_->all_pages.step() ? statements_->all_pages.number(0) : 0;
    pages_in_use_ = all - free_pages();
}

void File::check() {
    Tally found;
    found.next_id = tally_.next_id;
    std::set<std::int64_t> numbers;
    for (const FileStream& stream : streams()) numbers.insert(stream.number);
    sqlite::Statement& statement = statements_->all_states;
    const Rows rows(statement);
    statement.bind(1, tally_stream);
    while (statement.step()) {
        const PageId id = statement.number(1);
        const auto state = PageState::read(statement.bytes(2), statement.number(0), id);
        if (!state) damaged("what is known of page " + std::to_string(id) + " is damaged");
        if (!numbers.contains(statement.number(0))) damaged("the list of streams is not whole");
        found.add(id, state->body_bytes());
    }
    if (found != tally_) damaged("the list of the pages is not whole");
    (void)discarded();
}

std::vector<FileStream> File::streams() {
    std::vector<FileStream> all;
    sqlite::Statement& statement = statements_->streams;
    const Rows rows(statement);
    while (statement.step()) {
        all.push_back(FileStream::read(statement));
    }
    return all;
}

FileStream File::stream(std::string_view name) {
    std::int64_t last = 0;
    for (FileStream& one : streams()) {
        if (one.name == name) return std::move(one);
        last = one.number;
    }
    if (last >= tally_stream - 1) damaged("the list of the streams is damaged");
    FileStream added{
        .number = last + 1, .name = std::string(name), .fingerprint_seed = RandomBytes().number()};
    add_stream(added);
    return added;
}

void File::add_stream(const FileStream& stream) {
    (void)writable();
    statements_->add_stream.bind(1, stream.number)
        .bind_text(2, stream.name)
        .bind(3, static_cast<std::int64_t>(stream.fingerprint_seed))
        .bind(4, stream.checksum())
        .run();
}

void File::for_each_unsettled(const FileStream& stream, PageId after, PageId before, int most,
                              const std::function<void(PageId, const PageState&)>& page) {
    sqlite::Statement& statement = statements_->states;
    const Rows rows(statement);
    statement.bind(1, stream.number).bind(2, after).bind(3, before).bind(4, most);
    while (statement.step()) {
        const PageId id = statement.number(0);
        const auto state = PageState::read(statement.bytes(1), stream.number, id);
        if (!state) damaged("what is known of page " + std::to_string(id) + " is damaged");
        page(id, *state);
    }
}

std::optional<PageState> File::state(const FileStream& stream, PageId id) {
    sqlite::Statement& statement = statements_->state;
    const Rows rows(statement);
    statement.bind(1, stream.number).bind(2, id);
    if (!statement.step()) return std::nullopt;
    auto state = PageState::read(statement.bytes(0), stream.number, id);
    if (!state) damaged("what is known of page " + std::to_string(id) + " is damaged");
    return state;
}

std::optional<KeptPage> File::load(const FileStream& stream, PageId id) {
    const auto known = state(stream, id);
    if (!known) return std::nullopt;
    sqlite::Statement& statement = statements_->page;
    const Rows rows(statement);
    statement.bind(1, id);
    auto body = read_page_body(statement.step() ? statement.bytes(0) : std::string_view());
    if (!body || body->facts.id != id || body->facts.stream != stream.name ||
        body->records.size() != known->records()) {
        damaged("page " + std::to_string(id) + " is damaged");
    }
    return KeptPage{.id = id,
                    .kept_at_ms = body->facts.kept_at_ms,
                    .bytes = std::move(body->bytes),
                    .records = std::move(body->records),
                    .settled = known->settled()};
}

std::vector<DiscardedKey> File::discarded() {
    std::vector<DiscardedKey> all;
    sqlite::Statement& statement = statements_->discarded;
    const Rows rows(statement);
    while (statement.step()) {
        const auto key = DiscardedKey::read(statement);
        if (!key) damaged("what is known of discarded keys is damaged");
        all.push_back(*key);
    }
    return all;
}

bool File::has_room(std::int64_t pages) const {
    std::error_code error;
    const auto disk = std::filesystem::space(folder_, error);
    return error || disk.available / file_page_bytes >=
                        static_cast<std::uintmax_t>(pages + pages_in_reserve);
}

// A commit goes into the log, and from there into the file, where it may take free pages.
bool File::make_room(std::int64_t added, std::int64_t removed) {
    (void)writable();
    const std::int64_t logged = added + 2 * removed;
    if (has_room(log_.pages() + logged + added)) return true;
    log_.copy_and_truncate();
    for (;;) {
        const std::int64_t free = free_pages();
        if (has_room(logged + std::max<std::int64_t>(added - free, 0))) return true;
        if (free == 0) return false;
        give_back(pages_a_step);
        log_.copy_and_truncate();
    }
}

std::int64_t File::free_pages() {
    const Rows rows(statements_->free_pages);
    return statements_->free_pages.step() ? statements_->free_pages.number(0) : 0;
}

void File::give_back(int pages) {
    writable().execute("PRAGMA incremental_vacuum(" + std::to_string(pages) + ")");
}

File::Change::Change(File& file)
    : file_(file), transaction_(file.writable()), tally_(file.tally_) {}

void File::Change::put_state(const FileStream& stream, PageId id, const PageState& state) {
    state.write(file_.row_, stream.number, id);
    file_.statements_->put_state.bind(1, stream.number).bind(2, id).bind_blob(3, file_.row_).run();
}

void File::Change::keep(const FileStream& stream, PageId id, std::int64_t kept_at_ms,
                        const PageDraft& draft) {
    const std::string_view body = file_.body_.write({.id = id,
                                                     .kept_at_ms = kept_at_ms,
                                                     .stream = stream.name,
                                                     .fingerprint_seed = stream.fingerprint_seed},
                                                    draft);
    copy(stream, id, body, PageState(draft, kept_at_ms, body.size()));
}

void File::Change::copy(const FileStream& stream, PageId id, std::string_view body,
                        const PageState& state) {
    file_.statements_->add_page.bind(1, id).bind_blob(2, body).run();
    put_state(stream, id, state);
    tally_.add(id, state.body_bytes());
    use_ids_below(id + 1);
}

void File::Change::settle(const FileStream& stream, PageId id,
                          std::span<const std::uint32_t> records) {
    auto state = file_.state(stream, id);
    if (!state) return;
    state->settle(records);
    if (state->all_settled()) {
        remove(stream, id, *state);
    } else {
        put_state(stream, id, *state);
    }
}

void File::Change::remove(const FileStream& stream, PageId id) {
    if (const auto state = file_.state(stream, id)) remove(stream, id, *state);
}

void File::Change::remove(const FileStream& stream, PageId id, const PageState& state) {
    file_.statements_->remove_page.bind(1, id).run();
    file_.statements_->remove_state.bind(1, stream.number).bind(2, id).run();
    tally_.remove(id, state.body_bytes());
}

void File::Change::discard(const DiscardedKey& key) {
    file_.statements_->remove_discarded.bind(1, key.stream).run();
    file_.statements_->add_discarded.bind(1, key.stream)
        .bind(2, static_cast<std::int64_t>(key.fingerprint))
        .bind(3, key.last_page)
        .bind(4, key.checksum())
        .run();
}

void File::Change::use_ids_below(PageId id) noexcept {
    tally_.next_id = std::max(tally_.next_id, id);
}

void File::Change::commit() {
    tally_.write(file_.row_);
    file_.statements_->put_state.bind(1, tally_stream).bind(2, 0).bind_blob(3, file_.row_).run();
    file_.count_pages();
    transaction_.commit();
    file_.tally_ = tally_;
}

}  // namespace lk::outbox
