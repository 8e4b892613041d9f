#include "wire/protobuf_reader.hpp"

#include <array>

namespace lk::wire {
namespace {

constexpr std::size_t deepest_group = 100;

}  // namespace

bool ProtobufReader::fail() noexcept {
    failed_ = true;
    return false;
}

bool ProtobufReader::next(ProtobufField& out) noexcept {
    while (!failed_ && !left_.empty()) {
        if (!tag(out)) return false;
        if (out.type != ProtobufType::start_group) return value(out);
        if (!skip_group(out.number)) return false;
    }
    return false;
}

bool ProtobufReader::tag(ProtobufField& out) noexcept {
    std::uint64_t read = 0;
    if (!varint(read)) return false;
    const auto tag = static_cast<std::uint32_t>(read);
    out.number = tag >> 3;
    out.type = static_cast<ProtobufType>(tag & 7);
    return out.number != 0 || fail();
}

bool ProtobufReader::value(ProtobufField& out) noexcept {
    switch (out.type) {
        case ProtobufType::varint: return varint(out.value);
        case ProtobufType::fixed64: return take(8, out.bytes);
        case ProtobufType::fixed32: return take(4, out.bytes);
        case ProtobufType::bytes: {
            std::uint64_t bytes = 0;
            // A length is a number of 32 bits, and a negative one more than can be left.
            return varint(bytes) && take(static_cast<std::uint32_t>(bytes), out.bytes);
        }
        // An end without its start, or a type that there is not.
        default: return fail();
    }
}

bool ProtobufReader::varint(std::uint64_t& out) noexcept {
    out = 0;
    for (std::size_t at = 0; at < left_.size() && at < most_varint_bytes; ++at) {
        const auto byte = static_cast<std::uint8_t>(left_[at]);
        out |= static_cast<std::uint64_t>(byte & 0x7F) << 7 * at;
        if (byte < 0x80) {
            left_.remove_prefix(at + 1);
            return true;
        }
    }
    return fail();
}

bool ProtobufReader::take(std::uint64_t bytes, std::string_view& out) noexcept {
    if (bytes > left_.size()) return fail();
    out = left_.substr(0, bytes);
    left_.remove_prefix(bytes);
    return true;
}

bool ProtobufReader::skip_group(std::uint32_t number) noexcept {
    std::array<std::uint32_t, deepest_group> open;
    open[0] = number;
    for (std::size_t depth = 1; depth != 0;) {
        ProtobufField field;
        if (!tag(field)) return false;
        if (field.type == ProtobufType::start_group) {
            if (depth == open.size()) return fail();
            open[depth++] = field.number;
        } else if (field.type == ProtobufType::end_group) {
            if (field.number != open[--depth]) return fail();
        } else if (!value(field)) {
            return false;
        }
    }
    return true;
}

}  // namespace lk::wire
