#include "outbox/raw_file.hpp"

#include <array>
#include <utility>

#include "outbox/page_body.hpp"
#include "outbox/schema.hpp"

namespace lk::outbox {

RawFile::RawFile(const std::string& path) : pages_(path) {
    for (const std::uint32_t page : pages_.numbers()) look_at(page);
}

void RawFile::look_at(std::uint32_t page) {
    const std::vector<RawRow> rows = rows_of(pages_.read(page), page == 1);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const RawRow& row = rows[i];
        if (row.goes_on == 0) take(row);
        // A body: only where it is, since all of them together may be more than memory.
        if (!row.is_of_index && row.bytes >= least_page_body_bytes)
            bodies_.emplace(row.row_id, Place{page, i});
    }
}

// See schema.cpp for the tables.
void RawFile::take(const RawRow& row) {
    const bool is_of_index = row.is_of_index;
    const std::vector<RawColumn> columns = columns_of(row.here);
    if (is_of_index && columns.size() == 3 && columns[2].is_bytes) {
        const std::int64_t stream = columns[0].number;
        const PageId page = columns[1].number;
        if (const auto tally = Tally::read(columns[2].bytes); tally && page == 0) {
            tallies_.push_back(*tally);
        }
        auto state = PageState::read(columns[2].bytes, stream, page);
        if (!state) return;
        // Of two the later one: nothing that is settled becomes unsettled.
        const auto [known, is_new] = states_.try_emplace(page, *state);
        if (!is_new && state->unsettled() < known->second.unsettled()) {
            known->second = std::move(*state);
        }
    } else if (is_of_index && columns.size() == DiscardedKey::columns) {
        const auto key = DiscardedKey::read(
            std::array{columns[0].number, columns[1].number, columns[2].number, columns[3].number});
        if (key) discarded_.push_back(*key);
    } else if (!is_of_index && columns.size() == 4 && columns[1].is_bytes) {
        FileStream stream{.number = row.row_id,
                          .name = std::string(columns[1].bytes),
                          .fingerprint_seed = static_cast<std::uint64_t>(columns[2].number)};
        if (stream.checksum() == columns[3].number) streams_.push_back(std::move(stream));
    }
}

std::string RawFile::whole(const RawRow& row) {
    std::string all = row.here;
    for (std::uint32_t next = row.goes_on; next != 0 && all.size() < row.bytes;) {
        const std::string page = pages_.read(next);
        if (page.size() != file_page_bytes) break;
        next = 0;
        for (std::size_t i = 0; i < 4; ++i) next = next << 8 | static_cast<std::uint8_t>(page[i]);
        all.append(page, 4, row.bytes - all.size());
    }
    return all;
}

// The latest.
std::optional<Tally> RawFile::tally() {
    std::optional<Tally> latest;
    for (const Tally& one : tallies_) {
        if (!latest || one.next_id > latest->next_id) latest = one;
    }
    return latest;
}

std::vector<PageId> RawFile::page_ids() {
    std::vector<PageId> ids;
    for (const auto& [id, place] : bodies_) {
        if (ids.empty() || ids.back() != id) ids.push_back(id);
    }
    return ids;
}

std::string RawFile::body(PageId id) {
    const auto [first, last] = bodies_.equal_range(id);
    // A damaged page can have thousands of rows of one id, and is looked through once for all.
    std::uint32_t page = 0;
    std::vector<RawRow> rows;
    for (auto place = first; place != last; ++place) {
        if (page != place->second.page) {
            page = place->second.page;
            rows = rows_of(pages_.read(page), page == 1);
        }
        if (place->second.row >= rows.size()) continue;
        const std::string row = whole(rows[place->second.row]);
        const std::vector<RawColumn> columns = columns_of(row);
        if (columns.size() != 2) continue;
        const auto read = read_page_body(columns[1].bytes);
        if (read && read->facts.id == id) return std::string(columns[1].bytes);
    }
    return {};
}

}  // namespace lk::outbox
