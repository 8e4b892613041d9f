#include "outbox/file_stream.hpp"

#include "outbox/checksum.hpp"
#include "outbox/little_endian.hpp"

namespace lk::outbox {

std::int64_t FileStream::checksum() const {
    std::string bytes;
    append_number(bytes, number);
    append_number(bytes, fingerprint_seed);
    bytes += name;
    return static_cast<std::int64_t>(outbox::checksum(bytes));
}

FileStream FileStream::read(const sqlite::Statement& row) {
    FileStream stream{.number = row.number(0),
                      .name = std::string(row.bytes(1)),
                      .fingerprint_seed = static_cast<std::uint64_t>(row.number(2))};
    if (stream.checksum() != row.number(3)) {
        throw sqlite::DatabaseError("what is known of a stream is damaged",
                                    sqlite::DatabaseError::Kind::damaged);
    }
    return stream;
}

}  // namespace lk::outbox
