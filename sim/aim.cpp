#include "sim/aim.hpp"

#include <algorithm>

#include "sim/coverage.hpp"

namespace lk::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t mebibyte = 1024 * 1024;

class Aim {
  public:
    Aim(Plan& plan, Random& random) : plan_(plan), random_(random) {}

    void at(Fault fault, LaneState state) {
        stretch();
        reach(state);
        plan_fault(fault);
    }

  private:
    [[nodiscard]] Duration during() const { return plan_.events.back().at; }
    std::uint32_t any_target() { return static_cast<std::uint32_t>(random_.between(0, 1000)); }

    // What comes all at once leaves no time for anything to meet.
    void stretch() {
        constexpr Duration least = 3s;
        if (during() >= least) return;
        const auto times = 1 + least / std::max<Duration>(during(), 1ms);
        for (PlannedEvent& event : plan_.events) event.at *= times;
    }

    void add(Fault fault, double chance) {
        plan_.faults.push_back({fault, 0s, during() + 1s, chance, any_target()});
    }

    void reach(LaneState state) {
        switch (state) {
            case LaneState::retry_waiting:
            case LaneState::retry_in_flight: add(Fault::record_error, 0.4); break;
            case LaneState::late: make_late(); break;
            case LaneState::paused:
                make_late();
                for (ProducerPlan& producer : plan_.producers) {
                    producer.pause_on_failure = producer.ordered = true;
                    producer.paused_for = random_.between(1s, 10s);
                }
                break;
            case LaneState::limited:
                plan_.stream.records_a_second = 1000 * random_.one_of<double>({0.003, 0.01});
                plan_.stream.bytes_a_second = mebibyte * 0.01;
                plan_.stream.burst_seconds = 0.2;
                break;
            case LaneState::half:
                for (PlannedEvent& event : plan_.events) event.invalid |= random_.chance(0.08);
                break;
            default: break;
        }
    }

    // Events that are settled while their request is under way.
    void make_late() {
        plan_.stream.slowest = std::max<Duration>(plan_.stream.slowest, 300ms);
        for (ProducerPlan& producer : plan_.producers) {
            producer.deliver_within = random_.one_of<Duration>({300ms, 500ms});
            producer.request_timeout = std::max<Duration>(producer.request_timeout, 1s);
        }
    }

    void plan_fault(Fault fault) {
        if (fault >= Fault::shards_denied && fault <= Fault::shards_silent) ask_for_shards();
        if (fault == Fault::limit_denied || fault == Fault::limit_silent) ask_for_limit();
        if (fault == Fault::invalid_record) reach(LaneState::half);
        if (fault == Fault::vague_throttling || fault == Fault::slow_shard) {
            reach(LaneState::limited);
        }
        if (fault == Fault::limit_silent) return add(fault, 0.8);
        if (fault == Fault::limit_denied) return deny_limit();
        const bool once = fault == Fault::close || fault == Fault::crash;
        for (int left = once ? 1 : 3; left > 0; --left) {
            plan_.faults.push_back({.kind = fault,
                                    .at = random_.between(during() / 8, during()),
                                    .lasts = fault >= Fault::freeze
                                                 ? random_.one_of<Duration>({50ms, 1s, 10s})
                                                 : during() / 4 + 100ms,
                                    .chance = random_.one_of<double>({0.2, 0.5, 1}),
                                    .target = any_target()});
        }
    }

    // Asked by who aggregates, again when the stream is resharded.
    void ask_for_shards() {
        plan_.stream.shards = std::max(plan_.stream.shards, 2U);
        for (ProducerPlan& producer : plan_.producers) producer.aggregate_bytes = 2000;
        for (int left = 6; left > 0; --left) {
            plan_.faults.push_back({random_.one_of<Fault>({Fault::split, Fault::merge}),
                                    random_.between(0ns, during()), 0s, 1, any_target()});
        }
        plan_.faults.push_back({Fault::shards_stale, 0s, during(), 0.2, 0});
    }

    // A refusal is believed for minutes, so the question with which a stream begins, when its lanes
    // are empty yet, must not be the one that is refused.
    void deny_limit() {
        const Duration late = during() / 3;
        plan_.faults.push_back({Fault::limit_silent, 0s, late, 1, any_target()});
        plan_.faults.push_back({Fault::limit_denied, late, during() + 1s, 1, any_target()});
    }

    // Asked by who has records over 1 MiB.
    void ask_for_limit() {
        // Once it is answered nobody asks again for long: the lanes must be at work by then.
        for (PlannedEvent& event : plan_.events) {
            event.bytes = std::min(event.bytes, mebibyte / 4);
            if (event.at < during() / 3 || !random_.chance(0.1)) continue;
            event.bytes = static_cast<std::uint32_t>(random_.between(mebibyte, 2 * mebibyte));
        }
        for (ProducerPlan& producer : plan_.producers) {
            producer.budget_bytes = std::size_t{64} * mebibyte;
        }
    }

    Plan& plan_;
    Random& random_;
};

}  // namespace

void aim(Plan& plan, Random& random) {
    if (random.chance(0.5)) return;
    auto fault = static_cast<Fault>(random.between(0, fault_count - 1));
    // What is asked about the stream is asked seldom.
    if (random.chance(0.2)) {
        fault = random.one_of<Fault>({Fault::shards_denied, Fault::shards_stale, Fault::shards_torn,
                                      Fault::shards_silent, Fault::limit_denied,
                                      Fault::limit_denied, Fault::limit_silent});
    }
    const auto state = static_cast<LaneState>(random.between(0, lane_state_count - 1));
    if (Coverage::can_meet(fault, state)) Aim(plan, random).at(fault, state);
}

}  // namespace lk::sim
