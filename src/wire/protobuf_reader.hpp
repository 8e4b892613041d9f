#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "wire/protobuf_writer.hpp"

namespace lk::wire {

/// A field of a message, as it stands there.
struct ProtobufField {
    std::uint32_t number = 0;
    ProtobufType type = ProtobufType::varint;
    std::uint64_t value = 0;  ///< Of a varint.
    std::string_view bytes;   ///< Of strings, bytes and messages.

    [[nodiscard]] bool is(std::uint32_t wanted, ProtobufType wanted_type) const noexcept {
        return number == wanted && type == wanted_type;
    }
};

/// Reads the fields of one message, forward only, copying and allocating nothing: views point into
/// the bytes given. Never reads past their end, whatever the lengths in them say. Takes and refuses
/// what Google's parser for Java does, since that is what Kinesis's consumers read with: numbers of
/// more bits than their type has lose the upper ones, groups (which no schema of ours has) are
/// passed over as long as they do not nest deeper than 100.
class ProtobufReader {
  public:
    explicit ProtobufReader(std::string_view message) noexcept : left_(message) {}

    /// The next field that is no group; false at the end and, from then on, where the bytes are
    /// malformed. Of fixed32 and fixed64 only number and type are told.
    [[nodiscard]] bool next(ProtobufField& out) noexcept;
    [[nodiscard]] bool failed() const noexcept { return failed_; }

  private:
    bool fail() noexcept;
    [[nodiscard]] bool tag(ProtobufField& out) noexcept;
    [[nodiscard]] bool value(ProtobufField& out) noexcept;
    [[nodiscard]] bool varint(std::uint64_t& out) noexcept;
    [[nodiscard]] bool take(std::uint64_t bytes, std::string_view& out) noexcept;
    [[nodiscard]] bool skip_group(std::uint32_t number) noexcept;

    std::string_view left_;
    bool failed_ = false;
};

}  // namespace lk::wire
