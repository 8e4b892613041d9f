#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>

namespace lk {

/// For tests: text that cannot be packed, and stands in JSON as it is. The same for the same seed.
inline std::string noise(std::size_t bytes, std::uint64_t seed = 1) {
    constexpr char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::mt19937_64 random(seed);
    std::string text;
    text.reserve(bytes + 10);
    while (text.size() < bytes) {
        // Ten letters of six bits each.
        for (std::uint64_t bits = random(), i = 0; i < 10; ++i, bits >>= 6) {
            text += letters[bits % 64];
        }
    }
    text.resize(bytes);
    return text;
}

}  // namespace lk
