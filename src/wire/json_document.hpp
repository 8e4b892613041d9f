#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <lk/expected.hpp>

#include "wire/document.hpp"

namespace lk::wire {

/// parse() and serialize() for Encoding::json.
[[nodiscard]] Expected<Document, std::string> parse_json(std::string_view bytes,
                                                         std::size_t most_values);
[[nodiscard]] std::string write_json(const Document& message);

}  // namespace lk::wire
