#pragma once

#include <cstdint>
#include <cstdlib>
#include <random>

namespace lk::peers {

/// A new one each time; LK_SEED=… runs a failed one again.
inline std::uint64_t test_seed() {
    if (const char* given = std::getenv("LK_SEED")) return std::strtoull(given, nullptr, 0);
    return std::random_device()();
}

}  // namespace lk::peers
