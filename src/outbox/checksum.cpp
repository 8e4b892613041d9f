#include "outbox/checksum.hpp"

// Compiled in: a page goes through it in a few microseconds, and nothing has to be linked.
#define XXH_INLINE_ALL
#include <xxhash.h>

namespace lk::outbox {

std::uint64_t checksum(std::string_view bytes) noexcept {
    return XXH3_64bits(bytes.data(), bytes.size());
}

}  // namespace lk::outbox
