#pragma once

#include <array>
#include <string_view>

namespace lk {

/// RFC 1321's digest: it chooses a record's shard and is the checksum of an aggregated record, and
/// protects nothing. Works where
/// the program's OpenSSL configuration forbids MD5. Thread-safe; throws std::bad_alloc when OpenSSL
/// has no memory left.
[[nodiscard]] std::array<char, 16> md5(std::string_view bytes);

}  // namespace lk
