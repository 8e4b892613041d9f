// What the caller's thread does for an event, part by part: 300 bytes of data.

#include <benchmark/benchmark.h>

#include <array>

#include "allocations.hpp"
#include "base/random.hpp"
#include "data.hpp"
#include "event/envelope.hpp"
#include "event/hash_key.hpp"
#include "event/identity.hpp"
#include "event/json_text.hpp"

namespace lk {
namespace {

void count_allocations(benchmark::State& state, std::uint64_t before) {
    state.counters["allocations"] =
        benchmark::Counter(static_cast<double>(bench::allocations() - before) /
                           static_cast<double>(state.iterations()));
}

void check_json(benchmark::State& state) {
    event::JsonChecker checker;
    const std::string data = bench::data_of_300_bytes(1);
    const std::uint64_t before = bench::allocations();
    for (auto _ : state) benchmark::DoNotOptimize(checker.compact(data));
    count_allocations(state, before);
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(data.size()));
}
BENCHMARK(check_json);

void draw_uuid(benchmark::State& state) {
    RandomBytes random;
    std::array<char, event::uuid_bytes> text;
    for (auto _ : state) {
        event::write_uuid(text.data(), random);
        benchmark::DoNotOptimize(text);
    }
}
BENCHMARK(draw_uuid);

void hash_partition_key(benchmark::State& state) {
    const std::string key = "01234567-89ab-4def-8123-456789abcdef";
    for (auto _ : state) benchmark::DoNotOptimize(event::hash_of_partition_key(key));
}
BENCHMARK(hash_partition_key);

void build_envelope(benchmark::State& state) {
    event::JsonChecker checker;
    RandomBytes random;
    event::TimestampWriter timestamps;
    const std::string data = bench::data_of_300_bytes(1);
    std::string out(4096, '\0');
    std::array<char, event::uuid_bytes> id;
    std::array<char, event::uuid_bytes> key;
    std::array<char, event::timestamp_bytes> timestamp;
    std::int64_t now = 1'451'606'400'000;
    const std::uint64_t before = bench::allocations();
    for (auto _ : state) {
        event::write_uuid(key.data(), random);
        event::write_uuid(id.data(), random);
        timestamps.write(timestamp.data(), ++now);
        event::Envelope envelope;
        envelope.id = event::JsonString::plain({id.data(), id.size()});
        envelope.type = "element inserted in collection posts";
        envelope.has_data = true;
        envelope.data = *checker.compact(data);
        envelope.timestamp = event::JsonString::plain({timestamp.data(), timestamp.size()});
        envelope.producer_id_json = "\"server@hostname\"";
        envelope.partition_key = event::JsonString::plain({key.data(), key.size()});
        benchmark::DoNotOptimize(event::envelope_bytes(envelope));
        benchmark::DoNotOptimize(event::write_envelope(out.data(), envelope));
        benchmark::ClobberMemory();
    }
    count_allocations(state, before);
}
BENCHMARK(build_envelope);

}  // namespace
}  // namespace lk
