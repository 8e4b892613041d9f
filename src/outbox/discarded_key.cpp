#include "outbox/discarded_key.hpp"

#include <array>
#include <string>

#include "outbox/checksum.hpp"
#include "outbox/little_endian.hpp"

namespace lk::outbox {

std::int64_t DiscardedKey::checksum() const {
    std::string bytes;
    append_number(bytes, stream);
    append_number(bytes, fingerprint);
    append_number(bytes, last_page);
    return static_cast<std::int64_t>(outbox::checksum(bytes));
}

std::optional<DiscardedKey> DiscardedKey::read(std::span<const std::int64_t, columns> row) {
    const DiscardedKey key{
        .stream = row[0], .fingerprint = static_cast<std::uint64_t>(row[1]), .last_page = row[2]};
    if (key.checksum() != row[3]) return std::nullopt;
    return key;
}

std::optional<DiscardedKey> DiscardedKey::read(const sqlite::Statement& row) {
    return read(std::array{row.number(0), row.number(1), row.number(2), row.number(3)});
}

}  // namespace lk::outbox
