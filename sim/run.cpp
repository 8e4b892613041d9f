#include "sim/run.hpp"

#include "sim/world.hpp"

namespace lk::sim {
namespace {

using namespace std::chrono_literals;

// Longer than anything in a plan and all that may follow from it.
constexpr Duration longest_run = std::chrono::hours(24);

// Producers have to learn what a shard takes: after ten seconds nearly all that they send is taken.
void play_saturated(World& world) {
    const auto play = [&](Duration until) {
        while (world.step(Timeline::start + until)) {
        }
    };
    play(10s);
    const std::uint64_t throttled = world.kinesis.throttled_records();
    const std::uint64_t stored = world.kinesis.stored_records();
    play(longest_run);
    const std::uint64_t throttled_later = world.kinesis.throttled_records() - throttled;
    const std::uint64_t stored_later = world.kinesis.stored_records() - stored;
    if (throttled_later * 10 > stored_later) {
        world.checks.complain("rate", std::to_string(throttled_later) + " records throttled for " +
                                          std::to_string(stored_later) + " stored");
    }
}

}  // namespace

RunResult run(const Plan& plan, bool wants_trace) {
    World world(plan, wants_trace);
    if (plan.saturates) play_saturated(world);
    while (world.step(Timeline::start + longest_run)) {
    }
    if (world.checks.violations().empty()) world.checks.finish();
    if (world.checks.violations().empty()) {
        for (const auto& producer : world.producers) producer->check_end();
    }
    RunResult result;
    result.violations = world.checks.violations();
    result.trace = std::move(world.trace.lines());
    result.coverage = world.coverage;
    std::uint64_t& fingerprint = result.fingerprint;
    for (const EventHistory& event : world.checks.events()) {
        const bool settled = event.stage == EventHistory::Stage::settled;
        if (event.stage > EventHistory::Stage::turned_away) ++result.events;
        if (settled) {
            ++(event.ending == pipeline::Ending::published ? result.published
               : event.ending == pipeline::Ending::failed  ? result.failed
                                                           : result.unknown);
        }
        fingerprint = (fingerprint ^ static_cast<std::uint64_t>(event.stage)) * 0x100000001B3;
        fingerprint = (fingerprint ^ static_cast<std::uint64_t>(event.attempts)) * 0x100000001B3;
        for (const char c : event.sequence_number) {
            fingerprint = (fingerprint ^ static_cast<unsigned char>(c)) * 0x100000001B3;
        }
    }
    for (std::uint32_t i = 0; i < plan.producers.size(); ++i) {
        result.requests += world.checks.producer(i).requests_sent;
    }
    fingerprint ^= static_cast<std::uint64_t>(world.time.now().time_since_epoch().count());
    return result;
}

}  // namespace lk::sim
