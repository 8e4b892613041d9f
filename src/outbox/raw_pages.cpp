#include "outbox/raw_pages.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

#include "outbox/schema.hpp"

namespace lk::outbox {
namespace {

constexpr std::size_t page_bytes = file_page_bytes;
constexpr std::size_t file_header_bytes = 100;

constexpr std::uint64_t log_header_bytes = 32;
constexpr std::uint64_t frame_header_bytes = 24;
constexpr std::uint32_t log_magic = 0x377f0682;  // or one more

// With its place in the list of them.
constexpr std::size_t least_row_bytes = 4;

constexpr std::uint8_t table_leaf = 0x0D;
constexpr std::uint8_t index_leaf = 0x0A;
constexpr std::uint8_t index_inside = 0x02;

/// Bytes that may be anything, big-endian. What is not there ends it.
class BigEndian {
  public:
    explicit BigEndian(std::string_view bytes) : bytes_(bytes) {}

    std::uint64_t number(std::size_t bytes) {
        std::uint64_t number = 0;
        for (const char byte : take(bytes)) number = number << 8 | static_cast<std::uint8_t>(byte);
        return number;
    }
    std::uint64_t varint() {
        std::uint64_t number = 0;
        for (int i = 0; i < 8; ++i) {
            const std::uint64_t byte = this->number(1);
            number = number << 7 | (byte & 0x7F);
            if ((byte & 0x80) == 0) return number;
        }
        return number << 8 | this->number(1);
    }
    std::string_view take(std::size_t bytes) {
        if (bytes > bytes_.size()) {
            failed_ = true;
            bytes_ = {};
            return {};
        }
        const std::string_view taken = bytes_.substr(0, bytes);
        bytes_.remove_prefix(bytes);
        return taken;
    }
    [[nodiscard]] bool failed() const noexcept { return failed_; }
    [[nodiscard]] std::size_t left() const noexcept { return bytes_.size(); }

  private:
    std::string_view bytes_;
    bool failed_ = false;
};

std::string read_at(std::ifstream& file, std::uint64_t at, std::size_t bytes) {
    std::string read(bytes, '\0');
    file.clear();
    file.seekg(static_cast<std::streamoff>(at));
    file.read(read.data(), static_cast<std::streamsize>(bytes));
    read.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
    return read;
}

std::uint64_t size_of(std::ifstream& file) {
    file.seekg(0, std::ios::end);
    const auto size = static_cast<std::streamoff>(file.tellg());
    return size < 0 ? 0 : static_cast<std::uint64_t>(size);
}

// How much of a row stands in its page ("Cell Payload Overflow Pages").
std::size_t bytes_here(std::uint64_t bytes, bool is_of_index) {
    constexpr std::uint64_t usable = page_bytes;
    constexpr std::uint64_t least = (usable - 12) * 32 / 255 - 23;
    const std::uint64_t most = is_of_index ? (usable - 12) * 64 / 255 - 23 : usable - 35;
    if (bytes <= most) return bytes;
    const std::uint64_t rest = least + (bytes - least) % (usable - 4);
    return rest <= most ? rest : least;
}

// What a column of this type takes; nothing for a type that there is not.
std::optional<std::size_t> bytes_of_type(std::uint64_t type) {
    constexpr std::size_t sizes[] = {0, 1, 2, 3, 4, 6, 8, 8, 0, 0};
    if (type < std::size(sizes)) return sizes[type];
    if (type < 12) return std::nullopt;
    return (type - 12) / 2;
}

}  // namespace

RawPages::RawPages(const std::string& path)
    : file_(path, std::ios::binary), log_(path + "-wal", std::ios::binary) {
    in_file_ = static_cast<std::uint32_t>(size_of(file_) / page_bytes);
    read_log();
}

// Frames count up to the last one that ended a commit, and while they are of the log's own salt:
// what is behind is of an earlier log.
void RawPages::read_log() {
    const std::string header = read_at(log_, 0, log_header_bytes);
    BigEndian log(header);
    if ((log.number(4) & ~std::uint64_t{1}) != log_magic) return;
    log.number(4);
    const std::uint64_t size = log.number(4);
    log.number(4);
    const std::uint64_t salt = log.number(8);
    if (log.failed() || size != page_bytes) return;
    std::map<std::uint32_t, std::uint64_t> since_commit;
    for (std::uint64_t at = log_header_bytes;; at += frame_header_bytes + page_bytes) {
        const std::string frame_header = read_at(log_, at, frame_header_bytes);
        BigEndian frame(frame_header);
        const auto page = static_cast<std::uint32_t>(frame.number(4));
        const bool ends_commit = frame.number(4) != 0;
        if (frame.number(8) != salt || frame.failed()) return;
        since_commit[page] = at + frame_header_bytes;
        if (!ends_commit) continue;
        for (const auto& [number, where] : since_commit) in_log_[number] = where;
        since_commit.clear();
    }
}

std::vector<std::uint32_t> RawPages::numbers() const {
    std::vector<std::uint32_t> all;
    for (std::uint32_t page = 1; page <= in_file_; ++page) all.push_back(page);
    for (auto page = in_log_.upper_bound(in_file_); page != in_log_.end(); ++page) {
        all.push_back(page->first);
    }
    return all;
}

std::string RawPages::read(std::uint32_t page) {
    const auto logged = in_log_.find(page);
    if (logged != in_log_.end()) return read_at(log_, logged->second, page_bytes);
    if (page == 0) return {};
    return read_at(file_, std::uint64_t{page - 1} * page_bytes, page_bytes);
}

std::vector<RawRow> rows_of(const std::string& page, bool is_first) {
    std::vector<RawRow> rows;
    const std::size_t header_at = is_first ? file_header_bytes : 0;
    if (page.size() != page_bytes) return rows;
    BigEndian header(std::string_view(page).substr(header_at));
    const auto type = static_cast<std::uint8_t>(header.number(1));
    if (type != table_leaf && type != index_leaf && type != index_inside) return rows;
    header.number(2);
    const std::uint64_t cells = header.number(2);
    header.number(3);
    if (type == index_inside) header.number(4);
    std::size_t bytes = 0;
    for (std::uint64_t i = 0; i < cells && bytes <= page_bytes; ++i) {
        BigEndian cell(std::string_view(page).substr(header.number(2)));
        if (header.failed()) break;
        if (type == index_inside) cell.number(4);
        RawRow row;
        row.is_of_index = type != table_leaf;
        row.bytes = cell.varint();
        if (!row.is_of_index) row.row_id = static_cast<std::int64_t>(cell.varint());
        if (row.bytes > most_value_bytes) continue;
        const std::size_t here = bytes_here(row.bytes, row.is_of_index);
        row.here = cell.take(here);
        bytes += least_row_bytes + row.here.size();
        if (here < row.bytes) row.goes_on = static_cast<std::uint32_t>(cell.number(4));
        if (!cell.failed()) rows.push_back(std::move(row));
    }
    return rows;
}

std::vector<RawColumn> columns_of(std::string_view row) {
    BigEndian head(row);
    const std::uint64_t head_bytes = head.varint();
    const std::size_t before_types = row.size() - head.left();
    if (head.failed() || head_bytes < before_types || head_bytes > row.size()) return {};
    BigEndian types(row.substr(before_types, head_bytes - before_types));
    BigEndian values(row.substr(head_bytes));
    std::vector<RawColumn> columns;
    while (types.left() > 0) {
        const std::uint64_t type = types.varint();
        const auto bytes = bytes_of_type(type);
        if (types.failed() || !bytes) return {};
        RawColumn& column = columns.emplace_back();
        column.is_bytes = type >= 12;
        if (column.is_bytes) {
            column.bytes = values.take(*bytes);
        } else if (*bytes > 0) {
            // Signed, of fewer bits.
            const unsigned shift = 64 - 8 * static_cast<unsigned>(*bytes);
            column.number = static_cast<std::int64_t>(values.number(*bytes) << shift) >> shift;
        } else {
            column.number = type == 9 ? 1 : 0;
        }
    }
    return values.failed() ? std::vector<RawColumn>{} : columns;
}

}  // namespace lk::outbox
