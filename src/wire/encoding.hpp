#pragma once

#include <string_view>

namespace lk::wire {

/// How a message is written. The content types are Kinesis's own.
enum class Encoding { json, cbor };

[[nodiscard]] std::string_view content_type(Encoding encoding) noexcept;

}  // namespace lk::wire
