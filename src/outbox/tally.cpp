#include "outbox/tally.hpp"

#include "outbox/checksum.hpp"
#include "outbox/little_endian.hpp"
#include "outbox/schema.hpp"

namespace lk::outbox {

namespace {

// Ids are neighbours: as they are, two missing ones could hide each other.
std::uint64_t scattered(PageId id) noexcept {
    return checksum({reinterpret_cast<const char*>(&id), sizeof id});
}

}  // namespace

std::uint64_t allocated_bytes(std::uint64_t body_bytes) noexcept {
    constexpr std::uint64_t row_bytes = 64;
    constexpr std::uint64_t page = file_page_bytes;
    if (body_bytes < page / 2) return body_bytes + row_bytes;
    return (body_bytes + page - 1) / page * page;
}

void Tally::add(PageId id, std::uint64_t body_bytes) noexcept {
    ++pages;
    ids ^= scattered(id);
    bytes += allocated_bytes(body_bytes);
}

void Tally::remove(PageId id, std::uint64_t body_bytes) noexcept {
    --pages;
    ids ^= scattered(id);
    bytes -= allocated_bytes(body_bytes);
}

void Tally::write(std::string& row) const {
    row.clear();
    append_number(row, std::uint64_t{0});
    append_number(row, next_id);
    append_number(row, pages);
    append_number(row, ids);
    append_number(row, bytes);
    set_number(row, 0, checksum(std::string_view(row).substr(sizeof(std::uint64_t))));
}

std::optional<Tally> Tally::read(std::string_view row) {
    Bytes from(row);
    const auto sum = from.number<std::uint64_t>();
    if (from.failed() || sum != checksum(from.left())) return std::nullopt;
    Tally tally;
    tally.next_id = from.number<PageId>();
    tally.pages = from.number<std::uint64_t>();
    tally.ids = from.number<std::uint64_t>();
    tally.bytes = from.number<std::uint64_t>();
    if (from.failed() || !from.left().empty() || tally.next_id < 1) return std::nullopt;
    return tally;
}

}  // namespace lk::outbox
