#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "outbox/little_endian.hpp"

namespace lk::outbox {

/// Packs bytes for the file: events are much alike, and take a fraction of it. As one block of LZ4
/// (https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md), or as they are where that is no
/// longer. Little-endian:
///
///     bytes             4
///     bytes they take   4, the same where they stand as they are
///     those
///
/// Not thread-safe; keeps the memory that its largest work took.
class Packer {
  public:
    /// At most most_value_bytes (schema.hpp).
    void append(std::string& to, std::string_view bytes);

  private:
    std::vector<char> block_;
};

/// Takes them from the front of bytes that may be anything, and appends them. False when they are
/// not what a Packer wrote, or `to` would hold more than `most`: memory is taken for no more than
/// that, nor for more than what is there can hold.
[[nodiscard]] bool unpack(Bytes& from, std::vector<char>& to, std::size_t most);

}  // namespace lk::outbox
