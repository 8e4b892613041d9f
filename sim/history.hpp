#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "event/aggregate_rule.hpp"
#include "pipeline/core.hpp"
#include "sim/message.hpp"

namespace lk::sim {

/// What became of one event, as those outside the core saw it.
struct EventHistory {
    enum class Stage : std::uint8_t { planned, turned_away, written, accepted, settled, crashed };
    Stage stage = Stage::planned;
    bool released = false;
    bool in_request = false;
    bool uncertain = false;  ///< The core was told of an attempt that may have been stored.
    bool told_by_flush = false;
    bool may_be_duplicate = false;
    bool on_other_shard = false;
    /// It may fail: Kinesis said that it never will be stored, or its key was discarded.
    bool has_cause = false;
    bool discarded = false;
    bool halved = false;   ///< It was last in a request that was refused as invalid.
    bool touched = false;  ///< Some attempt of its own failed.
    pipeline::Ending ending{};
    std::uint32_t producer = 0;
    std::uint32_t generation = 0;
    std::uint64_t lane = 0;
    int attempts = 0;
    std::size_t held_bytes = 0;
    std::size_t ahead = 0;      ///< Unsettled ones of its key when it was dispatched.
    TimePoint dispatched_at{};  // of the world's clock
    TimePoint accepted_at{};    // of the world's clock, as the core saw it
    TimePoint deadline{};       // of the producer's
    std::string shard_id;
    std::string sequence_number;
};

/// The events of one key of one producer, in the order of their dispatch.
struct LaneHistory {
    std::deque<EventNumber> waiting;  ///< Accepted and neither settled nor in a request.
    std::vector<EventNumber> all;
    std::uint64_t in_requests = 0;  ///< Parcels that are under way.
    std::size_t unsettled = 0;
    std::size_t held_bytes = 0;  ///< Of what is not released.
    bool paused = false;
    bool touched = false;  ///< An attempt of one of its records failed.
};

/// Hash keys of a shard that throttled a producer.
struct ThrottledShard {
    event::HashKeyRange range{};
    TimePoint since{};
    TimePoint last{};
    bool is_full = false;  ///< It holds its share of the budget, as of the last turn.
};

/// A cap's account for one shard: what may be sent, in shards.
struct CapAccount {
    double cap = 0;  ///< A second's worth.
    double tokens = 0;
    TimePoint at{};
    /// Of two accounts together: what a record that the other one began may still owe.
    double owed_before = 0;

    void fill(TimePoint now) {
        const double seconds = std::chrono::duration<double>(now - at).count();
        tokens = std::min(cap, tokens + cap * seconds);
        owed_before = std::max(0.0, owed_before - cap / 2 * seconds);
        at = now;
    }
};

struct ProducerHistory {
    std::map<std::uint64_t, LaneHistory> lanes;
    std::deque<EventNumber> unsettled;  ///< By deadline; settled ones leave when they are first.
    std::vector<EventNumber> accepted;
    std::size_t held_events = 0;  ///< Written and not released.
    std::size_t largest = 0;      ///< What one event held at the most.
    struct Request {
        TimePoint when;
        bool has_retries;
    };
    std::deque<Request> requests;  ///< Of the last ten seconds.
    std::size_t retries = 0;       ///< Of these, those that carry what was sent before.
    std::uint64_t requests_sent = 0;
    std::map<std::uint64_t, TimePoint> under_way;  ///< By number: when it was sent.
    std::optional<TimePoint> last_activity;        // of the producer's clock
    /// A request of its failed as a whole or came back slowly, or it stood still.
    bool touched = false;
    std::deque<TimePoint> shards_asked;  ///< Within the last ten seconds.
    bool shards_answered = false;
    std::optional<TimePoint> shards_told;
    std::vector<ThrottledShard> throttled;
    // By the shard's first hash key: of all that is sent to it, and of what its own account must
    // pay where the shards are not listed.
    std::map<event::HashKey, CapAccount> caps;
    std::map<event::HashKey, CapAccount> own_caps;
    std::set<event::HashKey> landed;       ///< Of these the answers have told the shard.
    std::optional<std::uint32_t> flushed;  ///< Up to this generation, still going on.
    bool crashed = false;
    bool closing = false;
};

}  // namespace lk::sim
