#pragma once

#include <span>
#include <string>
#include <vector>

#include "pipeline/core.hpp"
#include "sim/history.hpp"
#include "sim/plan.hpp"

namespace lk::sim {

struct Violation {
    std::string check;
    std::string what;
};

/// Judges what the core does by what docs/delivery.md promises. Knows of the core only what crosses
/// its interface, and of the stream what it stored.
class Checks {
  public:
    Checks(const Plan& plan, Timeline& time, Trace& trace, const KinesisModel& kinesis);

    void turned_away(EventNumber event) { events_[event].stage = EventHistory::Stage::turned_away; }
    void accepted(EventNumber event, const pipeline::Pending& record, TimePoint local_now);
    /// Each parcel's events, in the order in which the consumer will see them.
    void sent(std::uint32_t producer, const SentRequest& request, TimePoint local_now);
    /// The core is about to be told how a record of a request ended, or that all of it did.
    void record_ended(EventNumber event, bool may_have_been_stored, bool counts_as_attempt);
    void parcel_ended(std::uint32_t producer, const SentRecord& parcel);
    void settled(EventNumber event, const pipeline::Settled& settled);
    void released(EventNumber event);
    void lane_resumed(std::uint32_t producer, std::uint64_t lane) {
        producers_[producer].lanes[lane].paused = false;
    }
    void lane_told_paused(std::uint32_t producer, std::uint64_t lane);
    /// A flush, or close, up to a generation told these figures.
    void flush_told(std::uint32_t producer, std::uint32_t generation,
                    const pipeline::Generations::Tally& tally);
    void turn_ended(std::uint32_t producer, TimePoint local_now);
    void closing(std::uint32_t producer) { closing_[producer] = true; }
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
    void check_lane(const SentRecord& parcel);
    void check_retry_share(ProducerHistory& producer, bool has_retries);
    void check_ending(EventNumber event);
    void check_in_time(EventNumber event);
    void check_attempts(EventNumber event);
    void check_stream(EventNumber event);
    void check_order(const LaneHistory& lane);

    const Plan& plan_;
    Timeline& time_;
    Trace& trace_;
    const KinesisModel& kinesis_;
    std::vector<EventHistory> events_;
    std::vector<ProducerHistory> producers_;
    std::vector<bool> closing_;
    std::vector<Violation> violations_;
    TimePoint calm_from_{};
    bool has_invalid_ = false;
    std::vector<Duration> calm_takes_;  // by producer
};

}  // namespace lk::sim
