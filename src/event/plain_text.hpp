#pragma once

#include "event/eight_bytes.hpp"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/// Nearly all text stands in a JSON string just as it is. Where it does is looked for sixteen bytes
/// at a time where every processor of the kind can, and eight elsewhere.
namespace lk::event::plain_text {

enum class Passes {
    unescaped,        ///< All but " \ and U+0000 to U+001F.
    unescaped_ascii,  ///< Of these, ASCII alone.
};

template <Passes passes>
[[nodiscard]] bool is_plain(char c) noexcept {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte != '"' && byte != '\\' &&
           (passes == Passes::unescaped || byte < 0x80);
}

#ifdef __SSE2__

inline constexpr std::ptrdiff_t stride = 16;

/// How many bytes pass before the first that does not; `stride` where all do.
template <Passes passes>
[[nodiscard]] std::ptrdiff_t count_in_stride(const char* at) noexcept {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    // As signed numbers, those that are not ASCII are less than those that are.
    const __m128i low = passes == Passes::unescaped_ascii
                            ? _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20))
                            : _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes);
    const __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
    const __m128i backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
    const __m128i others = _mm_or_si128(low, _mm_or_si128(quote, backslash));
    // With a bit behind the last byte, which stands for the end.
    return std::countr_zero(static_cast<unsigned>(_mm_movemask_epi8(others)) | 0x1'0000U);
}

#else

inline constexpr std::ptrdiff_t stride = 8;

template <Passes passes>
[[nodiscard]] std::ptrdiff_t count_in_stride(const char* at) noexcept {
    const std::uint64_t word = eight_bytes::load(at);
    std::uint64_t found = eight_bytes::escaped(word);
    if (passes == Passes::unescaped_ascii) found |= eight_bytes::not_ascii(word);
    return found == 0 ? stride : eight_bytes::first(found);
}

#endif

/// The first byte that does not pass, or `end`.
template <Passes passes>
[[nodiscard]] const char* end_of(const char* at, const char* end) noexcept {
    for (; end - at >= stride; at += stride) {
        const std::ptrdiff_t count = count_in_stride<passes>(at);
        if (count != stride) return at + count;
    }
    while (at != end && is_plain<passes>(*at)) ++at;
    return at;
}

}  // namespace lk::event::plain_text
