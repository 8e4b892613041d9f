#include "wire/base64.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace lk::wire {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// Twelve bits at a time halve the look-ups; 8 KiB stay in the first-level cache.
constexpr auto pairs = [] {
    std::array<std::array<char, 2>, 4096> table{};
    for (std::size_t at = 0; at < table.size(); ++at) {
        table[at] = {alphabet[at >> 6], alphabet[at & 63]};
    }
    return table;
}();

constexpr std::uint8_t not_in_alphabet = 0xFF;

constexpr auto values = [] {
    std::array<std::uint8_t, 256> table{};
    table.fill(not_in_alphabet);
    for (std::size_t at = 0; at < alphabet.size(); ++at) {
        table[static_cast<std::uint8_t>(alphabet[at])] = static_cast<std::uint8_t>(at);
    }
    return table;
}();

std::uint32_t byte_at(const char* in) noexcept {
    return static_cast<std::uint8_t>(*in);
}

// Whole groups of three bytes, each as four characters.
void encode_groups(char* out, const char* in, std::size_t groups) noexcept {
    for (; groups != 0; --groups, in += 3, out += 4) {
        const std::uint32_t bits = byte_at(in) << 16 | byte_at(in + 1) << 8 | byte_at(in + 2);
        std::memcpy(out, pairs[bits >> 12].data(), 2);
        std::memcpy(out + 2, pairs[bits & 0xFFF].data(), 2);
    }
}

}  // namespace

void append_base64(std::string& out, std::string_view bytes) {
    // By way of a block that stays in the cache: growing `out` first would fill it with zeros.
    constexpr std::size_t groups_a_block = 512;
    std::array<char, groups_a_block * 4> block;
    while (bytes.size() >= 3) {
        const std::size_t groups = std::min(bytes.size() / 3, groups_a_block);
        encode_groups(block.data(), bytes.data(), groups);
        out.append(block.data(), groups * 4);
        bytes.remove_prefix(groups * 3);
    }
    if (bytes.empty()) return;
    const std::array<char, 3> last{bytes[0], bytes.size() == 2 ? bytes[1] : '\0', '\0'};
    encode_groups(block.data(), last.data(), 1);
    out.append(block.data(), bytes.size() + 1);
    out.append(3 - bytes.size(), '=');
}

std::optional<std::string> decode_base64(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    std::size_t padding = 0;
    while (padding < 2 && text.ends_with('=')) {
        text.remove_suffix(1);
        ++padding;
    }

    std::string out;
    out.reserve(text.size() / 4 * 3 + 2);
    std::uint32_t bits = 0;
    std::size_t held = 0;
    for (const char character : text) {
        const std::uint8_t value = values[static_cast<std::uint8_t>(character)];
        if (value == not_in_alphabet) return std::nullopt;
        bits = bits << 6 | value;
        if (++held < 4) continue;
        out += static_cast<char>(bits >> 16 & 0xFF);
        out += static_cast<char>(bits >> 8 & 0xFF);
        out += static_cast<char>(bits & 0xFF);
        bits = 0;
        held = 0;
    }
    if (held == 3) {
        if ((bits & 3) != 0) return std::nullopt;
        out += static_cast<char>(bits >> 10 & 0xFF);
        out += static_cast<char>(bits >> 2 & 0xFF);
    } else if (held == 2) {
        if ((bits & 15) != 0) return std::nullopt;
        out += static_cast<char>(bits >> 4 & 0xFF);
    }
    return out;
}

}  // namespace lk::wire
