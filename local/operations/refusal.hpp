#pragma once

#include <string>
#include <string_view>

namespace lk::local {

/// Why an operation was not done, as Kinesis words it.
struct Refusal {
    std::string code;
    std::string message;
    int status = 400;
};

/// The account that every stream belongs to.
inline constexpr std::string_view account = "000000000000";

[[nodiscard]] Refusal invalid_argument(std::string message);
[[nodiscard]] Refusal stream_not_found(std::string_view stream);
[[nodiscard]] Refusal shard_not_found(std::string_view shard, std::string_view stream);
/// The same, as SplitShard and MergeShards word it.
[[nodiscard]] Refusal no_shard_found(std::string_view shard, std::string_view stream);
/// The server's own fault: status 500.
[[nodiscard]] Refusal internal_failure(std::string message);

/// The message of a ProvisionedThroughputExceededException, which names the shard.
[[nodiscard]] std::string rate_exceeded(std::string_view shard, std::string_view stream);

}  // namespace lk::local
