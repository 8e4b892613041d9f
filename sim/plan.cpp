#include "sim/plan.hpp"

#include <algorithm>
#include <cstdio>

#include "sim/aim.hpp"
#include "sim/random.hpp"

namespace lk::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t mebibyte = std::size_t{1024} * 1024;

Duration seconds(double amount) {
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(amount));
}

event::HashKey draw_hash(Random& random) {
    return {random.number(), random.number()};
}

ProducerPlan draw_producer(Random& random) {
    ProducerPlan plan;
    plan.linger = random.one_of<Duration>({0ms, 0ms, 1ms, 5ms, 5ms, 100ms, 2s, 1h});
    plan.deliver_within = random.one_of<Duration>({500ms, 2s, 5s, 15s, 30s, 120s, 120s});
    plan.request_timeout = random.one_of<Duration>({200ms, 1s, 5s, 10s});
    plan.requests_in_flight = static_cast<int>(random.one_of<unsigned>({1, 1, 2, 4, 8}));
    plan.ordered = !random.chance(0.1);
    plan.pause_on_failure = random.chance(0.35);
    plan.paused_for = random.between(1ms, 10s);
    plan.discards = random.chance(0.4);
    if (random.chance(0.4)) {
        plan.aggregate_bytes = random.one_of<std::size_t>({600, 2000, 25 * 1024, mebibyte});
    }
    if (random.chance(0.12)) plan.highest_rate = random.one_of<double>({0.005, 0.02, 0.2, 1, 5});
    plan.budget_bytes = mebibyte * random.one_of<std::size_t>({1, 1, 2, 64});
    plan.budget_events = random.one_of<std::size_t>({3, 20, 100, 1'000'000, 1'000'000});
    plan.share_per_key = random.one_of<double>({0.125, 0.125, 0.01, 1});
    plan.share_per_shard = random.one_of<double>({0.5, 0.5, 0.02, 1});
    plan.when_full = random.one_of<WhenFull>(
        {WhenFull::block, WhenFull::block, WhenFull::block, WhenFull::fail, WhenFull::suspend});
    plan.most_suspended = plan.when_full == WhenFull::suspend
                              ? random.one_of<std::size_t>({0, 5, 100})
                              : std::size_t{0};
    plan.seed = random.number();
    return plan;
}

StreamPlan draw_stream(Random& random) {
    StreamPlan plan;
    plan.shards = static_cast<std::uint32_t>(random.one_of<unsigned>({1, 1, 2, 3, 5, 8}));
    const double speed = random.one_of<double>({0.003, 0.01, 0.05, 0.2, 1, 1});
    plan.records_a_second *= speed;
    plan.bytes_a_second *= speed;
    plan.burst_seconds = random.one_of<double>({0.2, 1, 1, 10});
    plan.quickest = random.between(1ms, 20ms);
    plan.slowest = plan.quickest + random.between(0ms, 80ms);
    plan.max_record_bytes = mebibyte * random.one_of<std::size_t>({1, 1, 2, 4, 10});
    return plan;
}

void draw_events(Plan& plan, Random& random) {
    const auto keys = random.between(1, 12);
    for (std::uint64_t i = 0; i < keys; ++i) {
        const std::uint64_t name = random.number();
        plan.keys.push_back({name, hash_of(name), random.number() | 1});
    }
    // Two lanes in one bucket, often.
    if (keys > 1 && random.chance(0.5)) {
        plan.keys[1].lane = plan.keys[0].lane + (std::uint64_t{1} << 40);
    }
    const auto count = random.one_of<std::uint64_t>({5, 30, 80, 150, 400});
    const Duration during = seconds(random.one_of<double>({0.05, 1, 10, 40}));
    const double keyless = random.one_of<double>({0, 0.2, 0.5, 0.9});
    const double hot = random.one_of<double>({0, 0.5, 0.9});
    const double large = random.chance(0.15) ? 0.05 : 0;
    const double invalid = random.chance(0.25) ? random.one_of<double>({0.01, 0.1}) : 0;
    const std::uint32_t usual_bytes = random.one_of<std::uint32_t>({20, 100, 300, 3000, 50'000});
    const auto threads = random.between(1, 6);
    for (std::uint64_t i = 0; i < count; ++i) {
        PlannedEvent event;
        event.at = random.between(0ns, during);
        event.producer = static_cast<std::uint32_t>(random.between(0, plan.producers.size() - 1));
        event.bytes = static_cast<std::uint32_t>(random.between(least_event_bytes, usual_bytes));
        event.name = random.number();
        if (random.chance(large)) {
            event.bytes = static_cast<std::uint32_t>(random.between(mebibyte / 2, 5 * mebibyte));
        }
        event.invalid = random.chance(invalid);
        if (random.chance(keyless)) {
            event.thread = static_cast<std::uint32_t>(random.between(0, threads - 1));
            event.hash = hash_of(event.name);
        } else {
            event.key =
                random.chance(hot) ? 0 : static_cast<std::uint32_t>(random.between(0, keys - 1));
            event.thread = event.key % static_cast<std::uint32_t>(threads);
            event.hash = plan.keys[event.key].hash;
        }
        if (random.chance(0.02)) {
            event.hash = draw_hash(random);
            event.explicit_hash = true;
        }
        plan.events.push_back(event);
    }
    std::stable_sort(plan.events.begin(), plan.events.end(),
                     [](const PlannedEvent& a, const PlannedEvent& b) { return a.at < b.at; });
}

Duration length_of(Fault kind, Random& random) {
    switch (kind) {
        case Fault::freeze:
        case Fault::suspend: return seconds(random.one_of<double>({0.1, 3, 30, 90, 3600}));
        case Fault::flush:
        case Fault::close: return seconds(random.one_of<double>({0, 0.05, 1, 10, 60}));
        default: return seconds(random.one_of<double>({0.05, 1, 5, 20, 60}));
    }
}

// A few kinds a run, each more than once: their meetings are what finds faults.
void draw_faults(Plan& plan, Random& random) {
    const Duration during = plan.events.back().at + 3s;
    const auto kinds = random.one_of<std::uint64_t>({0, 1, 2, 3, 5, 8});
    for (std::uint64_t i = 0; i < kinds; ++i) {
        auto kind = static_cast<Fault>(random.between(0, fault_count - 1));
        // Told to the producer once, and no more then.
        const bool once = kind == Fault::close || kind == Fault::crash;
        const std::uint64_t times = once ? 1 : random.between(1, 4);
        for (std::uint64_t time = 0; time < times; ++time) {
            plan.faults.push_back({.kind = kind,
                                   .at = random.between(0ns, during),
                                   .lasts = length_of(kind, random),
                                   .chance = random.one_of<double>({0.05, 0.2, 0.5, 1}),
                                   .target = static_cast<std::uint32_t>(random.between(0, 1000))});
        }
    }
    for (std::uint32_t i = 0; i < plan.producers.size(); ++i) {
        if (!random.chance(0.4)) continue;
        plan.faults.push_back({Fault::close, during + random.between(0ns, seconds(20)),
                               length_of(Fault::close, random), 1, i});
    }
}

// Enough for 25 seconds, all there from the beginning.
void saturate(Plan& plan, Random& random) {
    plan.saturates = true;
    plan.faults.clear();
    plan.events.clear();
    constexpr double speed = 1;
    plan.stream = {.shards = 1,
                   .records_a_second = 1000 * speed,
                   .bytes_a_second = 1024.0 * 1024.0 * speed,
                   .burst_seconds = 1,
                   .quickest = 4ms,
                   .slowest = 12ms};
    for (ProducerPlan& producer : plan.producers) {
        producer = {.linger = 5ms,
                    .deliver_within = 120s,
                    .request_timeout = 5s,
                    .requests_in_flight = producer.requests_in_flight,
                    .seed = producer.seed};
    }
    const auto count = static_cast<std::uint64_t>(plan.stream.records_a_second * 25);
    for (std::uint64_t i = 0; i < count; ++i) {
        PlannedEvent event;
        event.producer = static_cast<std::uint32_t>(i % plan.producers.size());
        event.name = random.number();
        event.hash = hash_of(event.name);
        plan.events.push_back(event);
    }
}

}  // namespace

std::string partition_key(std::uint64_t name) {
    char text[17];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(name));
    return text;
}

event::HashKey hash_of(std::uint64_t name) {
    return event::hash_of_partition_key(partition_key(name));
}

bool is_planned(const Plan& plan, std::initializer_list<Fault> kinds) {
    return std::any_of(plan.faults.begin(), plan.faults.end(), [&](const PlannedFault& fault) {
        return std::find(kinds.begin(), kinds.end(), fault.kind) != kinds.end();
    });
}

bool is_resharded(const Plan& plan) {
    return is_planned(plan, {Fault::split, Fault::merge, Fault::shards_stale, Fault::shards_torn,
                             Fault::stream_deleted});
}

Plan plan_for(std::uint64_t seed) {
    Random random(seed);
    Plan plan;
    plan.seed = seed;
    plan.stream = draw_stream(random);
    const auto producers = random.one_of<unsigned>({1, 1, 1, 2, 3});
    for (unsigned i = 0; i < producers; ++i) plan.producers.push_back(draw_producer(random));
    draw_events(plan, random);
    draw_faults(plan, random);
    aim(plan, random);
    if (seed % 50 == 0) saturate(plan, random);
    return plan;
}

}  // namespace lk::sim
