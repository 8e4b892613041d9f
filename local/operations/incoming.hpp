#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <lk/expected.hpp>

#include "local/operations/refusal.hpp"
#include "local/store/stream.hpp"

namespace lk::local {

/// Kinesis's largest record, and its largest PutRecords request: data and partition keys.
inline constexpr std::size_t max_data_bytes = 10 * 1024 * 1024;
inline constexpr std::size_t max_request_bytes = 10 * 1024 * 1024;

/// One record that a request wants to put. The explicit hash key, where there is one, is a decimal
/// number of at most 39 digits.
struct Incoming {
    std::string_view data;
    std::string_view partition_key;
    std::optional<std::string_view> explicit_hash_key;

    [[nodiscard]] std::size_t bytes() const noexcept { return data.size() + partition_key.size(); }
};

/// The shard that the record belongs to, of a map of the stream's; or why the stream does not take
/// it: it is over the stream's limit, or the explicit hash key is 2^128 or more. `number` tells
/// which record of the request it is, from 1.
[[nodiscard]] Expected<Shard*, Refusal> route(const Stream& stream, const ShardMap& map,
                                              const Incoming& record, std::size_t number);

}  // namespace lk::local
