#pragma once

#include <span>
#include <string>
#include <vector>

#include "pipeline/core.hpp"
#include "sim/history.hpp"
#include "sim/kinesis_model.hpp"
#include "sim/plan.hpp"

namespace lk::sim {

struct Violation {
    std::string check;
    std::string what;
};

/// Judges what the core does by what docs/delivery.md promises. Knows of the core only what crosses
/// its interface, and of the stream what it stored. docs/simulation.md lists the checks.
class Checks {
  public:
    Checks(const Plan& plan, Timeline& time, Trace& trace, const KinesisModel& kinesis);

    void turned_away(EventNumber event) { events_[event].stage = EventHistory::Stage::turned_away; }
    /// dispatch() has taken it; `past_the_budget`: though there was no room.
    void written(EventNumber event, std::uint64_t lane, std::size_t held_bytes,
                 bool past_the_budget);
    void accepted(EventNumber event, const pipeline::Pending& record, TimePoint local_now);
    /// Each parcel's events, in the order in which the consumer will see them.
    void sent(std::uint32_t producer, const SentRequest& request, TimePoint local_now);
    /// The core is about to be told how a request ended.
    void ended(const SentRequest& request, const Expected<PutRecordsAnswer, Failure>& result,
               TimePoint local_now);
    void settled(EventNumber event, const pipeline::Settled& settled, TimePoint local_now);
    void released(EventNumber event);
    void lane_resumed(std::uint32_t producer, std::uint64_t lane) {
        producers_[producer].lanes[lane].paused = false;
    }
    void lane_discarded(std::uint32_t producer, std::uint64_t lane, std::uint32_t generation);
    void lane_told_paused(std::uint32_t producer, std::uint64_t lane);
    void shards_asked(std::uint32_t producer);
    void shards_answered(std::uint32_t producer, bool told);
    void stood_still(std::uint32_t producer) { producers_[producer].touched = true; }
    /// flush() wants all up to this generation sent at once.
    void flushing(std::uint32_t producer, std::uint32_t generation) {
        producers_[producer].flushed = generation;
    }
    /// A flush, or close, up to a generation told these figures.
    void flush_told(std::uint32_t producer, std::uint32_t generation,
                    const pipeline::Generations::Tally& tally);
    /// What the budget counts; `is_short`: half of it is held, or somebody waits for room.
    struct Held {
        std::size_t bytes = 0;
        std::size_t events = 0;
        std::size_t page_bytes = 0;  ///< Of one of the usual size, and a slab for its events.
        bool is_short = false;
    };
    void held(std::uint32_t producer, const Held& held);
    void turn_ended(std::uint32_t producer, const Held& held, TimePoint local_now);
    void closing(std::uint32_t producer) { producers_[producer].closing = true; }
    void crashed(std::uint32_t producer);
    /// The world has come to its end: judges what stands in the stream.
    void finish();

    void complain(const char* check, const std::string& what);
    [[nodiscard]] const std::vector<Violation>& violations() const noexcept { return violations_; }
    [[nodiscard]] std::span<const EventHistory> events() const noexcept { return events_; }
    [[nodiscard]] const ProducerHistory& producer(std::uint32_t number) const {
        return producers_[number];
    }

  private:
    [[nodiscard]] std::string name(EventNumber event) const;
    [[nodiscard]] LaneHistory* lane_of(const EventHistory& one) {
        return one.lane == 0 ? nullptr : &producers_[one.producer].lanes[one.lane];
    }
    // checks.cpp
    void check_lane(const SentRecord& parcel);
    void check_ending(EventNumber event);
    void record_ended(EventNumber event, const Failure* failure, bool request_failed);
    void parcel_ended(std::uint32_t producer, const SentRecord& parcel);
    // check_pace.cpp
    void check_retry_share(ProducerHistory& producer, bool has_retries);
    void check_attempts(EventNumber event);
    void check_cap(std::uint32_t producer, const SentRequest& request, TimePoint local_now);
    void landed(std::uint32_t producer, const SentRecord& record, Duration under_way,
                TimePoint local_now);
    // check_liveness.cpp
    void touch(std::uint32_t producer, const SentRecord& parcel, const Failure& failure);
    [[nodiscard]] bool is_touched(EventNumber event) const;
    [[nodiscard]] bool has_own_trouble(EventNumber event) const;
    [[nodiscard]] bool is_overdue(const ProducerHistory& producer) const;
    void check_in_time(EventNumber event);
    void check_innocence(EventNumber event, TimePoint local_now);
    void check_nothing_lingers(std::uint32_t producer, bool budget_is_short, TimePoint local_now);
    // check_memory.cpp
    void check_key_share(EventNumber event);
    void check_shard_share(EventNumber event);
    void look_for_full_shards(std::uint32_t producer);
    // check_stream.cpp
    void check_stream(EventNumber event);
    void check_order(const LaneHistory& lane);

    const Plan& plan_;
    Timeline& time_;
    Trace& trace_;
    const KinesisModel& kinesis_;
    std::vector<EventHistory> events_;
    std::vector<ProducerHistory> producers_;
    std::vector<Violation> violations_;
    TimePoint calm_from_{};
    bool has_invalid_ = false;
    const bool is_resharded_;
    std::vector<Duration> calm_takes_;    // by producer
    std::vector<Duration> prompt_takes_;  // by producer: besides those ahead of its key
};

}  // namespace lk::sim
