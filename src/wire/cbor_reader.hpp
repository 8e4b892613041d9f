#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace lk::wire {

/// The major types of RFC 8949, section 3.1, in their order.
enum class CborKind : std::uint8_t {
    unsigned_integer,
    negative_integer,
    bytes,
    text,
    array,
    map,
    tag,
    simple,  ///< False, true, null, undefined, floats, and the "break" that ends a container.
};

/// What stands before an item: its kind, and what the kind makes of `argument` (the number itself,
/// a length in bytes, a count of items or pairs, a tag's number, a float's bits).
struct CborHead {
    CborKind kind = CborKind::simple;
    std::uint8_t info = 0;  ///< The low five bits of the first byte.
    std::uint64_t argument = 0;

    static constexpr std::uint8_t indefinite = 31;
    [[nodiscard]] bool is_indefinite() const noexcept { return info == indefinite; }
    [[nodiscard]] bool is_break() const noexcept {
        return kind == CborKind::simple && is_indefinite();
    }
    [[nodiscard]] bool is_null() const noexcept {
        return kind == CborKind::simple && (info == 22 || info == 23);
    }
};

/// What is left of an array or a map that is being read.
struct CborItems {
    std::uint64_t left = 0;  ///< Items, or pairs.
    bool indefinite = false;
};

/// Reads CBOR item by item, forward only, copying nothing: views point into the bytes given.
/// Never reads past their end, whatever the lengths in them say, and follows at most `max_depth`
/// arrays and maps into each other. Once a step has failed, every further one fails; problem() and
/// problem_at() then tell of the first failure.
class CborReader {
  public:
    /// Kinesis's messages nest four deep.
    static constexpr int max_depth = 32;

    explicit CborReader(std::string_view bytes) noexcept
        : begin_(bytes.data()), at_(begin_), end_(begin_ + bytes.size()) {}

    [[nodiscard]] bool failed() const noexcept { return problem_ != nullptr; }
    /// What is wrong with the bytes, in a few words; null as long as nothing is.
    [[nodiscard]] const char* problem() const noexcept { return problem_; }
    [[nodiscard]] std::size_t problem_at() const noexcept { return problem_at_; }
    /// "CBOR at byte 17 of 300: …"
    [[nodiscard]] std::string problem_text() const;

    [[nodiscard]] std::size_t position() const noexcept {
        return static_cast<std::size_t>(at_ - begin_);
    }
    /// What is still to be read.
    [[nodiscard]] std::string_view rest() const noexcept {
        return {at_, static_cast<std::size_t>(end_ - at_)};
    }
    /// Goes on behind whole items that the caller knows to be the next so many bytes.
    void pass(std::size_t bytes) noexcept { at_ += bytes; }
    /// True when all went well and nothing follows.
    [[nodiscard]] bool end() noexcept;

    /// The next item's head.
    [[nodiscard]] bool head(CborHead& out) noexcept;
    /// The next item's head, which must be of this kind.
    [[nodiscard]] bool head(CborKind kind, CborHead& out) noexcept;

    /// What follows a head of definite length: that many bytes, or that text, which must be UTF-8.
    [[nodiscard]] bool bytes(const CborHead& head, std::string_view& out) noexcept;
    [[nodiscard]] bool text(const CborHead& head, std::string_view& out) noexcept;
    /// The same for lengths definite or not; pieces are put together in `joined`, where `out` then
    /// points.
    [[nodiscard]] bool string(const CborHead& head, std::string& joined, std::string_view& out);

    /// Goes into the array or map whose head this is. next() then says, until it says no, that an
    /// item (a pair) follows; after its no ask failed().
    [[nodiscard]] bool enter(const CborHead& head, CborItems& items) noexcept;
    [[nodiscard]] bool next(CborItems& items) noexcept;

    /// The number that a float's head carries, whichever its width.
    [[nodiscard]] static double float_value(const CborHead& head) noexcept;

    /// Passes over one whole item, tags and all.
    [[nodiscard]] bool skip() noexcept;
    /// Passes over what belongs to a head that was read.
    [[nodiscard]] bool skip(const CborHead& head) noexcept;

    /// Refuses the bytes at the item that was read last. Always false.
    bool fail(const char* problem) noexcept;

  private:
    [[nodiscard]] std::uint64_t left() const noexcept {
        return static_cast<std::uint64_t>(end_ - at_);
    }
    bool fail_at(const char* at, const char* problem) noexcept;
    bool fail_truncated() noexcept;
    bool argument(std::size_t width, std::uint64_t& out) noexcept;
    bool skip_chunks(CborKind kind) noexcept;

    const char* begin_;
    const char* at_;
    const char* end_;
    const char* item_ = begin_;  ///< Where the last head began.
    const char* problem_ = nullptr;
    std::size_t problem_at_ = 0;
    int depth_ = 0;
};

inline bool CborReader::argument(std::size_t width, std::uint64_t& out) noexcept {
    if (left() < width) return fail_truncated();
    std::uint64_t value = 0;
    for (std::size_t at = 0; at < width; ++at) {
        value = value << 8 | static_cast<std::uint8_t>(at_[at]);
    }
    at_ += width;
    out = value;
    return true;
}

inline bool CborReader::head(CborHead& out) noexcept {
    item_ = at_;
    if (at_ == end_ || failed()) return fail_truncated();
    const auto first = static_cast<std::uint8_t>(*at_++);
    out.kind = static_cast<CborKind>(first >> 5);
    out.info = first & 31;
    if (out.info < 24) {
        out.argument = out.info;
        return true;
    }
    switch (out.info) {
        case 24:
            if (!argument(1, out.argument)) return false;
            // RFC 8949, section 3.3: values below 32 have no two-byte form.
            if (out.kind == CborKind::simple && out.argument < 32) {
                return fail("a simple value in a form that is not allowed");
            }
            return true;
        case 25: return argument(2, out.argument);
        case 26: return argument(4, out.argument);
        case 27: return argument(8, out.argument);
        case CborHead::indefinite:
            out.argument = 0;
            if (out.kind == CborKind::unsigned_integer || out.kind == CborKind::negative_integer ||
                out.kind == CborKind::tag) {
                return fail("a number or tag of indefinite length");
            }
            return true;
        default: return fail("a reserved form of length");
    }
}

inline bool CborReader::head(CborKind kind, CborHead& out) noexcept {
    if (!head(out)) return false;
    return out.kind == kind || fail("another kind of item than expected");
}

inline bool CborReader::bytes(const CborHead& head, std::string_view& out) noexcept {
    if (failed()) return false;
    if (head.is_indefinite()) return fail("a string of indefinite length where none may be");
    if (head.argument > left()) return fail("a string longer than what is left of the message");
    out = {at_, static_cast<std::size_t>(head.argument)};
    at_ += head.argument;
    return true;
}

inline bool CborReader::enter(const CborHead& head, CborItems& items) noexcept {
    if (failed()) return false;
    if (depth_ == max_depth) return fail("arrays and maps nested more than 32 deep");
    const std::uint64_t item_bytes = head.kind == CborKind::map ? 2 : 1;
    if (head.argument > left() / item_bytes) {
        return fail("more items promised than what is left of the message can hold");
    }
    items = {.left = head.argument, .indefinite = head.is_indefinite()};
    ++depth_;
    return true;
}

inline bool CborReader::next(CborItems& items) noexcept {
    if (failed()) return false;
    if (!items.indefinite) {
        if (items.left != 0) {
            --items.left;
            return true;
        }
    } else {
        if (at_ == end_) {
            item_ = at_;
            return fail_truncated();
        }
        constexpr char stop = '\xFF';
        if (*at_ != stop) return true;
        ++at_;
    }
    --depth_;
    return false;
}

}  // namespace lk::wire
