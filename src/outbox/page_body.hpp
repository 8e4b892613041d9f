#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "outbox/outbox.hpp"
#include "outbox/packed.hpp"

namespace lk::outbox {

/// A page's bytes in the file. They tell all about it, so that it can be saved when nothing else
/// can. Little-endian:
///
///     checksum of what follows   8      stream's name
///     "LKOB"                     4      packed (packed.hpp), for each record:
///     version (2)                2          bytes        4
///     bytes of the name          2          data_bytes   4
///     page id                    8          key_bytes    2
///     kept at, ms since 1970     8          hash_key_bytes 1
///     fingerprint seed           8          flags: 1, is_envelope
///     records                    4          fingerprint  8
///                                       the records' bytes, one after the other, packed in
///                                         one piece or several
///
/// In version 1 nothing is packed.
struct PageFacts {
    PageId id = 0;
    std::int64_t kept_at_ms = 0;
    std::string_view stream;
    std::uint64_t fingerprint_seed = 0;
};

/// Not thread-safe; keeps the memory that its largest page took.
class PageBodyWriter {
  public:
    /// Valid until the next one is written. The stream's name must be shorter than 64 KiB.
    [[nodiscard]] std::string_view write(const PageFacts& facts, const PageDraft& draft);

  private:
    void find_pieces(const PageDraft& draft);

    Packer packer_;
    std::string body_;
    std::string entries_;
    std::vector<std::string_view> pieces_;
    std::string gathered_;
};

struct PageBody {
    PageFacts facts;  ///< The stream's name is a view into what was read.
    std::vector<char> bytes;
    /// Views into `bytes`, which may be moved.
    std::vector<KeptRecord> records;
};

/// Nothing when it is not exactly what a PageBodyWriter wrote.
[[nodiscard]] std::optional<PageBody> read_page_body(std::string_view body);

/// No body is shorter.
inline constexpr std::size_t least_page_body_bytes = 45;

}  // namespace lk::outbox
