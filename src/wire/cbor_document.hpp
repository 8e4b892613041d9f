#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <lk/expected.hpp>

#include "wire/document.hpp"

namespace lk::wire {

/// parse() and serialize() for Encoding::cbor.
[[nodiscard]] Expected<Document, std::string> parse_cbor(std::string_view bytes,
                                                         std::size_t most_values);
[[nodiscard]] std::string write_cbor(const Document& message);

}  // namespace lk::wire
