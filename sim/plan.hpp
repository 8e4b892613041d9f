#pragma once

#include <cstdint>
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
    std::uint32_t bytes = 100;
    /// Decides the shard: its key's, or one of its own.
    event::HashKey hash{};
    bool explicit_hash = false;
    bool invalid = false;
};

struct PlannedKey {
    event::HashKey hash{};
    std::uint64_t lane = 0;
};

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
    std::size_t budget_bytes = 0;
    /// dispatch() waits for room, or fails at once.
    bool blocks = true;
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

/// For people.
[[nodiscard]] std::string describe(const Plan& plan);

}  // namespace lk::sim
