#include "wire/cbor_reader.hpp"

#include <bit>
#include <cmath>
#include <limits>

#include "wire/utf8.hpp"

namespace lk::wire {
namespace {

// RFC 8949, appendix D.
double half_float(std::uint64_t bits) noexcept {
    const auto exponent = static_cast<int>(bits >> 10 & 31);
    const auto fraction = static_cast<double>(bits & 0x3FF);
    double value = 0;
    if (exponent == 0) {
        value = std::ldexp(fraction, -24);
    } else if (exponent != 31) {
        value = std::ldexp(fraction + 1024, exponent - 25);
    } else {
        value = fraction == 0 ? std::numeric_limits<double>::infinity()
                              : std::numeric_limits<double>::quiet_NaN();
    }
    return (bits & 0x8000) != 0 ? -value : value;
}

}  // namespace

std::string CborReader::problem_text() const {
    return "CBOR at byte " + std::to_string(problem_at_) + " of " + std::to_string(end_ - begin_) +
           ": " + (problem_ == nullptr ? "nothing wrong" : problem_);
}

bool CborReader::fail(const char* problem) noexcept {
    return fail_at(item_, problem);
}

bool CborReader::fail_truncated() noexcept {
    return fail_at(end_, "the message ends before it is complete");
}

bool CborReader::fail_at(const char* at, const char* problem) noexcept {
    if (problem_ == nullptr) {
        problem_ = problem;
        problem_at_ = static_cast<std::size_t>(at - begin_);
    }
    return false;
}

bool CborReader::end() noexcept {
    return !failed() && (at_ == end_ || fail_at(at_, "bytes after the message's end"));
}

bool CborReader::text(const CborHead& head, std::string_view& out) noexcept {
    if (!bytes(head, out)) return false;
    return is_utf8(out) || fail("text that is not UTF-8");
}

bool CborReader::string(const CborHead& head, std::string& joined, std::string_view& out) {
    const auto piece = [this](const CborHead& of, std::string_view& into) {
        return of.kind == CborKind::text ? text(of, into) : bytes(of, into);
    };
    if (!head.is_indefinite()) return piece(head, out);
    joined.clear();
    CborHead chunk;
    std::string_view view;
    while (true) {
        if (!this->head(chunk)) return false;
        if (chunk.is_break()) break;
        if (chunk.kind != head.kind) return fail("a string of pieces of different kinds");
        if (!piece(chunk, view)) return false;
        joined += view;
    }
    out = joined;
    return true;
}

double CborReader::float_value(const CborHead& head) noexcept {
    switch (head.info) {
        case 25: return half_float(head.argument);
        case 26: return std::bit_cast<float>(static_cast<std::uint32_t>(head.argument));
        default: return std::bit_cast<double>(head.argument);
    }
}

bool CborReader::skip() noexcept {
    CborHead next;
    return head(next) && skip(next);
}

bool CborReader::skip(const CborHead& head) noexcept {
    std::string_view ignored;
    CborItems items;
    CborHead tagged = head;
    // A tag before a tag is no nesting, so a million of them must not be a million calls.
    while (tagged.kind == CborKind::tag) {
        if (!this->head(tagged)) return false;
    }
    switch (tagged.kind) {
        case CborKind::bytes:
        case CborKind::text:
            return tagged.is_indefinite() ? skip_chunks(tagged.kind) : bytes(tagged, ignored);
        case CborKind::array:
            if (!enter(tagged, items)) return false;
            while (next(items)) {
                if (!skip()) return false;
            }
            return !failed();
        case CborKind::map:
            if (!enter(tagged, items)) return false;
            while (next(items)) {
                if (!skip() || !skip()) return false;
            }
            return !failed();
        case CborKind::simple: return !tagged.is_break() || fail("an end where an item should be");
        default: return true;
    }
}

bool CborReader::skip_chunks(CborKind kind) noexcept {
    CborHead chunk;
    std::string_view ignored;
    while (true) {
        if (!head(chunk)) return false;
        if (chunk.is_break()) return true;
        if (chunk.kind != kind) return fail("a string of pieces of different kinds");
        if (!bytes(chunk, ignored)) return false;
    }
}

}  // namespace lk::wire
