#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/clock.hpp"

namespace lk::sim {

/// What may go wrong, or happen at a bad moment.
enum class Fault : std::uint8_t {
    // On the way to Kinesis and back.
    lost_before_commit,   ///< The request is lost, and the client's time runs out.
    lost_after_commit,    ///< The answer is lost, and the client's time runs out.
    late_commit,          ///< Stored up to a minute later, long after the client gave up.
    refused,              ///< No connection: certainly not stored.
    reset_before_commit,  ///< The connection breaks; not stored, but who knows.
    reset_after_commit,   ///< The connection breaks; stored.
    server_error,         ///< 500 or 503, stored or not.
    garbage_answer,       ///< 200 and nonsense.
    never_answers,        ///< The client never calls back.
    slow_answers,
    // What Kinesis says to a request, or to one of its records.
    throttled_request,
    record_error,         ///< InternalFailure of single records, stored or not.
    record_refused,       ///< KMSDisabledException of single records.
    failing_key,          ///< InternalFailure of all records of a key, which names no shard.
    credentials_expired,  ///< They can be renewed, at once or after a while.
    credentials_gone,     ///< They can not.
    not_ready,            ///< UPDATING
    stream_deleted,
    invalid_record,  ///< One record is guilty, the whole request is refused.
    // The shards.
    slow_shard,
    zero_shard,
    zero_key,
    vague_throttling,  ///< The message does not name the shard.
    split,
    merge,
    shards_denied,
    shards_stale,
    shards_torn,  ///< A page of before a split, a page of after it.
    shards_silent,
    limit_denied,
    limit_silent,
    // The producer's own doings.
    freeze,   ///< The process stands still; its clock leaps forward then.
    suspend,  ///< The machine sleeps, its steady clock with it.
    flush,
    close,
    crash,
    count_,
};
inline constexpr std::size_t fault_count = static_cast<std::size_t>(Fault::count_);

[[nodiscard]] constexpr std::string_view name_of(Fault fault) noexcept {
    constexpr std::array<std::string_view, fault_count> names{"lost_before_commit",
                                                              "lost_after_commit",
                                                              "late_commit",
                                                              "refused",
                                                              "reset_before_commit",
                                                              "reset_after_commit",
                                                              "server_error",
                                                              "garbage_answer",
                                                              "never_answers",
                                                              "slow_answers",
                                                              "throttled_request",
                                                              "record_error",
                                                              "record_refused",
                                                              "failing_key",
                                                              "credentials_expired",
                                                              "credentials_gone",
                                                              "not_ready",
                                                              "stream_deleted",
                                                              "invalid_record",
                                                              "slow_shard",
                                                              "zero_shard",
                                                              "zero_key",
                                                              "vague_throttling",
                                                              "split",
                                                              "merge",
                                                              "shards_denied",
                                                              "shards_stale",
                                                              "shards_torn",
                                                              "shards_silent",
                                                              "limit_denied",
                                                              "limit_silent",
                                                              "freeze",
                                                              "suspend",
                                                              "flush",
                                                              "close",
                                                              "crash"};
    return names[static_cast<std::size_t>(fault)];
}

struct PlannedFault {
    Fault kind{};
    Duration at{};
    Duration lasts{};
    /// How often it strikes while it lasts.
    double chance = 1;
    /// A producer, a shard or a key, by its number; what it means is the fault's affair.
    std::uint32_t target = 0;
};

}  // namespace lk::sim
