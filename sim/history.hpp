#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "pipeline/core.hpp"
#include "sim/kinesis_model.hpp"

namespace lk::sim {

/// What became of one event, as those outside the core saw it.
struct EventHistory {
    enum class Stage : std::uint8_t { planned, turned_away, accepted, settled, crashed };
    Stage stage = Stage::planned;
    bool released = false;
    bool in_request = false;
    bool uncertain = false;  ///< The core was told of an attempt that may have been stored.
    bool told_by_flush = false;
    bool may_be_duplicate = false;
    bool on_other_shard = false;
    pipeline::Ending ending{};
    std::uint32_t producer = 0;
    std::uint32_t generation = 0;
    std::uint64_t lane = 0;
    int attempts = 0;
    TimePoint accepted_at{};  // of the world's clock
    TimePoint deadline{};     // of the producer's
    std::string shard_id;
    std::string sequence_number;
};

/// The events of one key of one producer, in the order of their dispatch.
struct LaneHistory {
    std::deque<EventNumber> waiting;  ///< Accepted and neither settled nor in a request.
    std::vector<EventNumber> all;
    std::uint64_t in_requests = 0;  ///< Parcels that are under way.
    bool paused = false;
};

struct ProducerHistory {
    std::map<std::uint64_t, LaneHistory> lanes;
    std::deque<EventNumber> unsettled;  ///< By deadline; settled ones leave when they are first.
    std::vector<EventNumber> accepted;
    struct Request {
        TimePoint when;
        bool has_retries;
    };
    std::deque<Request> requests;  ///< Of the last ten seconds.
    std::size_t retries = 0;       ///< Of these, those that carry what was sent before.
    std::uint64_t requests_sent = 0;
    bool crashed = false;
};

}  // namespace lk::sim
