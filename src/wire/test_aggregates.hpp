#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "wire/aggregate_reader.hpp"
#include "wire/aggregate_writer.hpp"

namespace lk::wire::test {

// Aggregated records made byte by byte, by nothing of what is tested but MD5.

/// A number as a varint.
[[nodiscard]] std::string varint(std::uint64_t value);
/// A field of protobuf's type 0.
[[nodiscard]] std::string number(unsigned field, std::uint64_t value);
/// A field of protobuf's type 2.
[[nodiscard]] std::string text(unsigned field, std::string_view bytes);

/// Between magic and digest.
[[nodiscard]] std::string aggregate(std::string_view message);

/// What the writer has finished, with its digest.
[[nodiscard]] std::string sealed(AggregateWriter& writer);

/// What reading gave, with bytes of its own.
struct Kept {
    std::string partition_key;
    std::optional<std::string> explicit_hash_key;
    std::string data;
    friend bool operator==(const Kept&, const Kept&) = default;
};
[[nodiscard]] std::vector<Kept> kept(const AggregateReader& reader);

}  // namespace lk::wire::test
