#include "outbox/damaged_file.hpp"

#include "outbox/page_body.hpp"
#include "outbox/schema.hpp"

namespace lk::outbox {

namespace {

// How many ids between two readable pages are tried one by one.
constexpr PageId most_tried = 1'000'000;

}  // namespace

void DamagedFile::try_to(const std::function<void()>& read) noexcept {
    try {
        read();
    } catch (const sqlite::DatabaseError&) {
        // What was read before it counts.
    }
}

DamagedFile::DamagedFile(const FileOptions& options) {
    try_to([&] {
        database_.emplace(options.path, options.vfs);
        database_->distrust(most_value_bytes);
        database_->execute("PRAGMA cell_size_check=ON");
        database_->execute("PRAGMA locking_mode=EXCLUSIVE");
        database_->change_nothing();
    });
}

// Row by row, as far as it goes: `row` says whether it wants more.
void DamagedFile::rows(const char* sql, const std::function<bool(const sqlite::Statement&)>& row) {
    try_to([&] {
        if (!database_) return;
        sqlite::Statement statement(*database_, sql);
        while (statement.step() && row(statement)) {
        }
    });
}

bool DamagedFile::has_tables() {
    std::int64_t tables = 0;
    rows("SELECT count(*) FROM sqlite_schema WHERE name IN ('stream', 'page', 'unsettled')",
         [&](const sqlite::Statement& row) {
             tables = row.number(0);
             return false;
         });
    return tables == 3;
}

std::vector<FileStream> DamagedFile::streams() {
    std::vector<FileStream> all;
    rows("SELECT id, name, seed, checksum FROM stream", [&](const sqlite::Statement& row) {
        all.push_back(FileStream::read(row));
        return true;
    });
    return all;
}

std::optional<Tally> DamagedFile::tally() {
    std::optional<Tally> tally;
    const std::string sql =
        "SELECT state FROM unsettled WHERE stream = " + std::to_string(tally_stream) +
        " AND page = 0";
    rows(sql.c_str(), [&](const sqlite::Statement& row) {
        tally = Tally::read(row.bytes(0));
        return false;
    });
    return tally;
}

// From both ends: where something is damaged in between, each reaches up to there.
std::map<PageId, PageState> DamagedFile::states() {
    std::map<PageId, PageState> all;
    const auto add = [&](const sqlite::Statement& row) {
        const PageId id = row.number(1);
        if (auto state = PageState::read(row.bytes(2), row.number(0), id)) {
            all.insert_or_assign(id, std::move(*state));
        }
        return true;
    };
    rows("SELECT stream, page, state FROM unsettled ORDER BY stream, page", add);
    rows("SELECT stream, page, state FROM unsettled ORDER BY stream DESC, page DESC", add);
    return all;
}

std::vector<PageId> DamagedFile::page_ids() {
    std::vector<PageId> from_front;
    std::vector<PageId> from_back;
    // A damaged file can lead round in circles; ids that do not go on end it.
    rows("SELECT id FROM page ORDER BY id", [&](const sqlite::Statement& row) {
        const PageId id = row.number(0);
        if (!from_front.empty() && id <= from_front.back()) return false;
        from_front.push_back(id);
        return true;
    });
    const PageId reached = from_front.empty() ? 0 : from_front.back();
    rows("SELECT id FROM page ORDER BY id DESC", [&](const sqlite::Statement& row) {
        const PageId id = row.number(0);
        if (id <= reached || (!from_back.empty() && id >= from_back.back())) return false;
        from_back.push_back(id);
        return true;
    });
    if (!from_back.empty() && from_back.back() - reached <= most_tried) {
        for (PageId id = reached + 1; id < from_back.back(); ++id) from_front.push_back(id);
    }
    from_front.insert(from_front.end(), from_back.rbegin(), from_back.rend());
    return from_front;
}

std::vector<DiscardedKey> DamagedFile::discarded() {
    std::vector<DiscardedKey> all;
    rows("SELECT stream, key, page, checksum FROM discarded", [&](const sqlite::Statement& row) {
        if (const auto key = DiscardedKey::read(row)) all.push_back(*key);
        return true;
    });
    return all;
}

std::string DamagedFile::body(PageId id) {
    std::string body;
    try_to([&] {
        if (!database_) return;
        sqlite::Statement statement(*database_, "SELECT body FROM page WHERE id = ?1");
        statement.bind(1, id);
        if (!statement.step()) return;
        const auto read = read_page_body(statement.bytes(0));
        if (read && read->facts.id == id) body = statement.bytes(0);
    });
    return body;
}

}  // namespace lk::outbox
