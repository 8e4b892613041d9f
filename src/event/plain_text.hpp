#pragma once

#include <bit>
#include <cstdint>
#include <string_view>

#include "event/eight_bytes.hpp"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/// Nearly all text stands in a JSON string just as it is. Where it does is looked for sixteen bytes
/// at a time where every processor of the kind can, and eight elsewhere; in a text of many strings
/// (Finder) four times sixteen.
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

/// A bit for each of sixteen bytes, the first one's lowest: set where it does not pass.
template <Passes passes>
[[nodiscard]] unsigned marks_in_stride(const char* at) noexcept {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    // As signed numbers, those that are not ASCII are less than those that are.
    const __m128i low = passes == Passes::unescaped_ascii
                            ? _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20))
                            : _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes);
    const __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
    const __m128i backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
    const __m128i others = _mm_or_si128(low, _mm_or_si128(quote, backslash));
    return static_cast<unsigned>(_mm_movemask_epi8(others));
}

/// How many bytes pass before the first that does not; `stride` where all do.
template <Passes passes>
[[nodiscard]] std::ptrdiff_t count_in_stride(const char* at) noexcept {
    // With a bit behind the last byte, which stands for the end.
    return std::countr_zero(marks_in_stride<passes>(at) | 0x1'0000U);
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
    const char* const start = at;
    for (; end - at >= stride; at += stride) {
        const std::ptrdiff_t count = count_in_stride<passes>(at);
        if (count != stride) return at + count;
    }
    // The last bytes with some that passed already.
    if (end - start >= stride) return end - stride + count_in_stride<passes>(end - stride);
    while (at != end && is_plain<passes>(*at)) ++at;
    return at;
}

/// Finds the bytes of one text that do not pass, from its front to its back.
template <Passes passes>
class Finder {
  public:
    explicit Finder(std::string_view text) noexcept
        : start_(text.data()), end_(text.data() + text.size()) {}

    /// The first of them at or behind `at`, or the text's end. `at` never goes back.
    [[nodiscard, gnu::always_inline]] const char* next(const char* at) noexcept {
#ifdef __SSE2__
        while (true) {
            if (at < window_.end) {
                const std::uint64_t marks = window_.marks >> static_cast<unsigned>(at - begin_);
                if (marks != 0) return at + std::countr_zero(marks);
                at = window_.end;
            }
            if (at == end_) return at;
            begin_ = at;
            window_ = look_at(at, start_, end_);
        }
#else
        return end_of<passes>(at, end_);
#endif
    }

  private:
    const char* const start_;
    const char* const end_;

#ifdef __SSE2__
    // Many strings are shorter than sixteen bytes, and where each ends nobody can foresee: with 64
    // bytes looked at together most of them take one shift.
    struct Window {
        const char* end = nullptr;
        /// A bit for each of its bytes, and one for the text's end.
        std::uint64_t marks = 0;
    };
    // Not a member function: what a Finder holds can stay in registers.
    static Window look_at(const char* at, const char* start, const char* end) noexcept;

    const char* begin_ = nullptr;
    Window window_;
#endif
};

#ifdef __SSE2__

template <Passes passes>
[[gnu::noinline]] typename Finder<passes>::Window Finder<passes>::look_at(
    const char* at, const char* start, const char* end) noexcept {
    constexpr std::ptrdiff_t most = 64;
    const std::ptrdiff_t left = end - at;
    std::uint64_t marks = 0;
    if (left >= most) {
        for (unsigned shift = 0; shift < most; shift += stride) {
            marks |= std::uint64_t{marks_in_stride<passes>(at + shift)} << shift;
        }
        return {at + most, marks};
    }
    marks = std::uint64_t{1} << static_cast<unsigned>(left);
    unsigned shift = 0;
    for (; left - shift >= stride; shift += stride) {
        marks |= std::uint64_t{marks_in_stride<passes>(at + shift)} << shift;
    }
    const unsigned rest = static_cast<unsigned>(left) - shift;
    if (rest == 0) return {end, marks};
    // The last bytes with some that were looked at already, so that nothing behind the end is read.
    if (end - start >= stride) {
        const std::uint64_t last = marks_in_stride<passes>(end - stride);
        return {end, marks | last >> (stride - rest) << shift};
    }
    for (; shift < static_cast<unsigned>(left); ++shift) {
        marks |= std::uint64_t{is_plain<passes>(at[shift]) ? 0U : 1U} << shift;
    }
    return {end, marks};
}

#endif

}  // namespace lk::event::plain_text
