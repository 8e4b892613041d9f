#pragma once

#include <string>
#include <string_view>

#include <lk/expected.hpp>

#include "wire/document.hpp"

namespace lk::wire {

/// parse() and serialize() for Encoding::cbor.
[[nodiscard]] Expected<Document, std::string> parse_cbor(std::string_view bytes);
[[nodiscard]] std::string write_cbor(const Document& message);

}  // namespace lk::wire
