#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include <lk/expected.hpp>

#include "wire/encoding.hpp"

namespace lk::wire {

/// A message as a tree, for every message that is not on the fast path. Byte strings are nlohmann
/// binary values; in JSON they are base64 text. Timestamps are numbers of epoch seconds with
/// milliseconds as fractions; in CBOR they are tag 1 with an integer of milliseconds
/// (the members whose names end in "Timestamp").
using Document = nlohmann::json;

/// Reads a whole message. Hostile input is refused, never followed: nesting over 32, lengths
/// beyond the input, bytes after the end, duplicate or non-text member names, text that is not
/// UTF-8. The error says what and at which byte. CBOR: definite and indefinite lengths; tag 1
/// becomes seconds, other tags are refused; undefined becomes null. Of more than `most_values` it
/// is refused, too: a tree takes up to 200 bytes a value, of which a byte may be one.
[[nodiscard]] Expected<Document, std::string> parse(
    Encoding encoding, std::string_view bytes,
    std::size_t most_values = std::numeric_limits<std::size_t>::max());

/// Writes a message. Of a string that is not UTF-8 the wrong bytes are replaced by U+FFFD.
[[nodiscard]] std::string serialize(Encoding encoding, const Document& message);

}  // namespace lk::wire
