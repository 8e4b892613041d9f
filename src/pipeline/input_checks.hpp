#pragma once

#include <optional>
#include <string_view>

#include <lk/detail/dispatch_abi.hpp>
#include <lk/error.hpp>

namespace lk::pipeline {

// Each names the field, its value or size, the limit and the mend; nothing when all is well.

[[nodiscard]] std::optional<Error> check_text(std::string_view field, std::string_view text);
/// An empty key is allowed: it means the default.
[[nodiscard]] std::optional<Error> check_partition_key(std::string_view key);
/// An empty one is allowed: there is none.
[[nodiscard]] std::optional<Error> check_explicit_hash_key(std::string_view decimal);
[[nodiscard]] std::optional<Error> check_timestamp(std::int64_t epoch_ms);
/// Data and partition key, together, in bytes.
[[nodiscard]] std::optional<Error> check_record_bytes(std::size_t bytes);
/// All text fields of an event but its data.
[[nodiscard]] std::optional<Error> check_fields(const detail::EventFields& fields);

/// A stream's name or ARN.
[[nodiscard]] std::optional<Error> check_stream(std::string_view stream);

}  // namespace lk::pipeline
