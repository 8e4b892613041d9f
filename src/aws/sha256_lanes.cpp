#include "aws/sha256_lanes.hpp"

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

#define LK_SHA_TARGET __attribute__((target("sha,sse4.1,ssse3")))

namespace lk::aws {
namespace {

// FIPS 180-4, section 4.2.2.
alignas(16) constexpr std::uint32_t round_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

// The processor's instructions want the eight words of the state as ABEF and CDGH, the last of each
// in the lowest place (Intel 64 and IA-32 Architectures Software Developer's Manual, SHA256RNDS2).
template <std::size_t lanes>
struct Registers {
    __m128i abef[lanes];
    __m128i cdgh[lanes];
};

template <std::size_t lanes>
LK_SHA_TARGET inline Registers<lanes> load(const Sha256Lane (&lane)[lanes]) noexcept {
    Registers<lanes> state;
    for (std::size_t i = 0; i < lanes; ++i) {
        const auto* const words = reinterpret_cast<const __m128i*>(lane[i].state.data());
        const __m128i cdab = _mm_shuffle_epi32(_mm_loadu_si128(words), 0xB1);
        const __m128i efgh = _mm_shuffle_epi32(_mm_loadu_si128(words + 1), 0x1B);
        state.abef[i] = _mm_alignr_epi8(cdab, efgh, 8);
        state.cdgh[i] = _mm_blend_epi16(efgh, cdab, 0xF0);
    }
    return state;
}

template <std::size_t lanes>
LK_SHA_TARGET inline void store(const Registers<lanes>& state,
                                const Sha256Lane (&lane)[lanes]) noexcept {
    for (std::size_t i = 0; i < lanes; ++i) {
        auto* const words = reinterpret_cast<__m128i*>(lane[i].state.data());
        const __m128i feba = _mm_shuffle_epi32(state.abef[i], 0x1B);
        const __m128i dchg = _mm_shuffle_epi32(state.cdgh[i], 0xB1);
        _mm_storeu_si128(words, _mm_blend_epi16(feba, dchg, 0xF0));
        _mm_storeu_si128(words + 1, _mm_alignr_epi8(dchg, feba, 8));
    }
}

// Four rounds at a time, the lanes in turn: each step of one runs while the other's is not done.
template <std::size_t lanes>
LK_SHA_TARGET void take(const Sha256Lane (&lane)[lanes], std::size_t count) noexcept {
    const __m128i big_endian = _mm_set_epi64x(0x0C0D0E0F08090A0B, 0x0405060700010203);
    Registers<lanes> state = load(lane);
    for (std::size_t block = 0; block < count; ++block) {
        Registers<lanes> now = state;
        // The last sixteen words of the message schedule, four in each.
        __m128i words[4][lanes];
#pragma GCC unroll 16
        for (std::size_t group = 0; group < 16; ++group) {
            const __m128i constants =
                _mm_load_si128(reinterpret_cast<const __m128i*>(round_constants + 4 * group));
#pragma GCC unroll 2
            for (std::size_t i = 0; i < lanes; ++i) {
                __m128i& next = words[group % 4][i];
                if (group < 4) {
                    const unsigned char* const from =
                        lane[i].blocks + block * sha256_block_bytes + 16 * group;
                    next = _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)),
                                            big_endian);
                } else {
                    const __m128i last = words[(group + 3) % 4][i];
                    const __m128i seven_before =
                        _mm_alignr_epi8(last, words[(group + 2) % 4][i], 4);
                    next = _mm_sha256msg1_epu32(next, words[(group + 1) % 4][i]);
                    next = _mm_sha256msg2_epu32(_mm_add_epi32(next, seven_before), last);
                }
                const __m128i two_rounds = _mm_add_epi32(next, constants);
                now.cdgh[i] = _mm_sha256rnds2_epu32(now.cdgh[i], now.abef[i], two_rounds);
                now.abef[i] = _mm_sha256rnds2_epu32(now.abef[i], now.cdgh[i],
                                                    _mm_shuffle_epi32(two_rounds, 0x0E));
            }
        }
        for (std::size_t i = 0; i < lanes; ++i) {
            state.abef[i] = _mm_add_epi32(state.abef[i], now.abef[i]);
            state.cdgh[i] = _mm_add_epi32(state.cdgh[i], now.cdgh[i]);
        }
    }
    store(state, lane);
}

}  // namespace

// Intel 64 and IA-32 Architectures Software Developer's Manual, CPUID: leaf 1, ECX, bits 9 and 19;
// leaf 7, EBX, bit 29.
bool has_sha256_lanes() noexcept {
    static const bool has = [] {
        unsigned eax = 0;
        unsigned ebx = 0;
        unsigned ecx = 0;
        unsigned edx = 0;
        constexpr unsigned ssse3_and_sse4_1 = (1U << 9U) | (1U << 19U);
        if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) == 0) return false;
        if ((ecx & ssse3_and_sse4_1) != ssse3_and_sse4_1) return false;
        return __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0 && (ebx >> 29U & 1U) != 0;
    }();
    return has;
}

void take_blocks(const Sha256Lane& lane, std::size_t count) noexcept {
    take({lane}, count);
}

void take_blocks(const Sha256Lane& first, const Sha256Lane& second, std::size_t count) noexcept {
    take({first, second}, count);
}

}  // namespace lk::aws

#else

namespace lk::aws {

bool has_sha256_lanes() noexcept {
    return false;
}

void take_blocks(const Sha256Lane&, std::size_t) noexcept {}

void take_blocks(const Sha256Lane&, const Sha256Lane&, std::size_t) noexcept {}

}  // namespace lk::aws

#endif
