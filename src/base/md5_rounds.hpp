#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

/// RFC 1321's 64 steps, written once for one message and for several side by side.
namespace lk::md5_rounds {

inline constexpr std::size_t block_bytes = 64;
inline constexpr std::size_t block_words = 16;

/// `Word` is a std::uint32_t, or as many of them as there are messages.
template <class Word>
using State = std::array<Word, 4>;
template <class Word>
using Block = std::array<Word, block_words>;

inline constexpr State<std::uint32_t> first_state{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};

/// floor(2^32 * |sin(step + 1)|).
inline constexpr std::array<std::uint32_t, 64> sines{
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};

/// Which word of the block a step reads, and by how much it turns.
constexpr std::size_t word_of(std::size_t step) noexcept {
    constexpr std::array<std::size_t, 4> stride{1, 5, 3, 7};
    constexpr std::array<std::size_t, 4> start{0, 1, 5, 0};
    return (stride[step / 16] * step + start[step / 16]) % block_words;
}
constexpr int turn_of(std::size_t step) noexcept {
    constexpr std::array<std::array<int, 4>, 4> turns{
        {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}}};
    return turns[step / 16][step % 4];
}

/// The RFC's F, G, H and I; the first two with an operation less than there.
template <std::size_t round, class Word>
[[gnu::always_inline]] inline Word mix(const Word& b, const Word& c, const Word& d) noexcept {
    if constexpr (round == 0) return d ^ (b & (c ^ d));
    if constexpr (round == 1) return c ^ (d & (b ^ c));
    if constexpr (round == 2) return b ^ c ^ d;
    if constexpr (round == 3) return c ^ (b | ~d);
}

template <std::size_t step, class Word>
[[gnu::always_inline]] inline void turn(State<Word>& state, const Block<Word>& block) noexcept {
    // Each step writes the word before the one that the last step wrote.
    Word& a = state[(64 - step) % 4];
    const Word b = state[(65 - step) % 4];
    const Word sum = a + mix<step / 16>(b, state[(66 - step) % 4], state[(67 - step) % 4]) +
                     block[word_of(step)] + sines[step];
    a = b + (sum << turn_of(step) | sum >> (32 - turn_of(step)));
}

/// Takes one block more of each message into its state.
template <class Word>
[[gnu::always_inline]] inline void take(State<Word>& state, const Block<Word>& block) noexcept {
    State<Word> next = state;
    [&]<std::size_t... step>(std::index_sequence<step...>) {
        (turn<step>(next, block), ...);
    }
    (std::make_index_sequence<64>{});
    for (std::size_t word = 0; word < state.size(); ++word) state[word] = state[word] + next[word];
}

}  // namespace lk::md5_rounds
