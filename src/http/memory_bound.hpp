#pragma once

#include <cstddef>

namespace lk::http {

/// What libcurl and OpenSSL allocate for a request under way and its connection, over TLS: some
/// 150 KiB, of which 64 are the buffer that its body passes through (libcurl 7.88, OpenSSL 3.0).
/// Once its request is over a connection stays, with less, for the next one.
inline constexpr std::size_t most_connection_bytes = std::size_t{192} * 1024;

/// What they allocate once: their tables, and the authorities that are trusted, of which a system
/// has some 150.
inline constexpr std::size_t most_shared_bytes = std::size_t{2} * 1024 * 1024;

/// What an answer takes, by the limit it was given: a text that grows by doubling may hold twice
/// its bytes.
[[nodiscard]] constexpr std::size_t most_incoming_bytes(std::size_t max_answer_bytes) noexcept {
    return 2 * max_answer_bytes;
}

}  // namespace lk::http
