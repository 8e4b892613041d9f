#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "outbox/outbox.hpp"

namespace lk::outbox {

/// A page's bytes in the file. They tell all about it, so that it can be saved when nothing else
/// can. Little-endian:
///
///     checksum of what follows   8      stream's name
///     "LKOB"                     4      for each record:
///     version (1)                2          bytes        4
///     bytes of the name          2          data_bytes   4
///     page id                    8          key_bytes    2
///     kept at, ms since 1970     8          hash_key_bytes 1
///     fingerprint seed           8          flags: 1, is_envelope
///     records                    4          fingerprint  8
///                                       the records' bytes, one after the other
struct PageFacts {
    PageId id = 0;
    std::int64_t kept_at_ms = 0;
    std::string_view stream;
    std::uint64_t fingerprint_seed = 0;
};

/// Replaces what stands in `body`. The name must be shorter than 64 KiB.
void write_page_body(std::string& body, const PageFacts& facts, const PageDraft& draft);

struct PageBody {
    PageFacts facts;
    std::vector<KeptRecord> records;
};

/// Views into `body`; nothing when it is not exactly what write_page_body() wrote.
[[nodiscard]] std::optional<PageBody> read_page_body(std::string_view body);

/// The size of a draft's body.
[[nodiscard]] std::size_t page_body_bytes(std::string_view stream, const PageDraft& draft) noexcept;

}  // namespace lk::outbox
