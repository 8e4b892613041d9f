#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "event/hash_key.hpp"
#include "sim/fault.hpp"

namespace lk::sim {

inline constexpr std::uint32_t random_key = 0xFFFFFFFF;

struct PlannedEvent {
    Duration at{};
    std::uint32_t producer = 0;
    std::uint32_t thread = 0;
    std::uint32_t key = random_key;
    /// Of the data; no less than least_event_bytes.
    std::uint32_t bytes = 100;
    /// Where it has no key: its own partition key (see partition_key()).
    std::uint64_t name = 0;
    /// Decides the shard: that of its partition key or, explicit, one of its own.
    event::HashKey hash{};
    bool explicit_hash = false;
    bool invalid = false;
};

struct PlannedKey {
    std::uint64_t name = 0;
    event::HashKey hash{};
    std::uint64_t lane = 0;
};

/// Room for the event's number and a mark at the end.
inline constexpr std::uint32_t least_event_bytes = 8;

enum class WhenFull : std::uint8_t { block, fail, suspend };

struct ProducerPlan {
    Duration linger{};
    Duration deliver_within{};
    Duration request_timeout{};
    int requests_in_flight = 1;
    bool ordered = true;
    bool pause_on_failure = false;
    /// How long a paused lane is left alone, and whether it is then discarded.
    Duration paused_for{};
    bool discards = false;
    std::size_t aggregate_bytes = 0;
    double highest_rate = 0;
    std::size_t budget_bytes = std::size_t{1024} * 1024;
    std::size_t budget_events = 1'000'000;
    /// What of the budget one key, and one shard that throttles, may hold.
    double share_per_key = 0.125;
    double share_per_shard = 0.5;
    WhenFull when_full = WhenFull::block;
    std::size_t most_suspended = 0;
    std::uint64_t seed = 0;
};

struct StreamPlan {
    std::uint32_t shards = 1;
    double records_a_second = 1000;
    double bytes_a_second = 1024.0 * 1024.0;
    /// How many seconds' worth may come at once.
    double burst_seconds = 1;
    Duration quickest{};
    Duration slowest{};
    std::size_t max_record_bytes = std::size_t{1024} * 1024;
};

/// All that a run is made of, so that a failing one can be made smaller piece by piece.
struct Plan {
    std::uint64_t seed = 0;
    StreamPlan stream;
    std::vector<ProducerPlan> producers;
    std::vector<PlannedKey> keys;
    std::vector<PlannedEvent> events;  // by time
    std::vector<PlannedFault> faults;
    /// Nothing goes wrong, but there is more to send than the one shard takes.
    bool saturates = false;
};

[[nodiscard]] Plan plan_for(std::uint64_t seed);

/// A partition key as text, and the hash that decides its shard.
[[nodiscard]] std::string partition_key(std::uint64_t name);
[[nodiscard]] event::HashKey hash_of(std::uint64_t name);
[[nodiscard]] inline std::string partition_key(const Plan& plan, const PlannedEvent& event) {
    return partition_key(event.key == random_key ? event.name : plan.keys[event.key].name);
}

[[nodiscard]] bool is_planned(const Plan& plan, std::initializer_list<Fault> kinds);
/// The stream's shards change, or are told wrongly.
[[nodiscard]] bool is_resharded(const Plan& plan);

/// For people.
[[nodiscard]] std::string describe(const Plan& plan);

}  // namespace lk::sim
