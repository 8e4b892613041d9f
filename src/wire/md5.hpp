#pragma once

#include <array>
#include <string_view>

namespace lk::wire {

/// RFC 1321's digest: the checksum of the aggregated record, which protects nothing. Works where
/// the program's OpenSSL configuration forbids MD5. Thread-safe; throws std::bad_alloc when OpenSSL
/// has no memory left.
[[nodiscard]] std::array<char, 16> md5(std::string_view bytes);

}  // namespace lk::wire
