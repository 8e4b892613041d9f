// live_keys KEYS EVENTS: CPU time an event when the events that wait have so many partition keys.
// All are dispatched while the client answers nothing; then it answers everything at once. There is
// no network in it, so that what grows is seen undiluted.

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include <lk/dispatch.hpp>

#include "data.hpp"
#include "instant_kinesis.hpp"
#include "meters.hpp"

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: live_keys KEYS EVENTS\n");
        return 2;
    }
    const int keys = std::atoi(argv[1]);
    const int events = std::atoi(argv[2]);
    const auto kinesis =
        std::make_shared<lk::bench::InstantKinesis>(lk::bench::InstantKinesis::when_told);
    auto dispatch = lk::get_dispatch({.kinesis_client = kinesis,
                                      .kinesis_stream = "bench",
                                      .producer_id = "server@hostname",
                                      .budget_bytes = std::size_t{8} << 30});
    std::vector<std::string> names;
    for (int i = 0; i < keys; ++i) names.push_back("customer-" + std::to_string(1'000'000 + i));
    const std::string data = lk::bench::data_of_300_bytes(1);

    const double before = lk::bench::cpu_seconds();
    for (int i = 0; i < events; ++i) {
        dispatch("element inserted in collection posts", lk::json(data),
                 {.partition_key = names[static_cast<std::size_t>(i % keys)]});
    }
    const double dispatched = lk::bench::cpu_seconds();
    kinesis->answer_all();
    const auto counts = dispatch.flush(std::chrono::minutes(10));
    const double settled = lk::bench::cpu_seconds();
    if (!counts || counts->published != static_cast<std::uint64_t>(events)) {
        std::fprintf(stderr, "live_keys: not every event was published\n");
        return 1;
    }
    std::printf(
        "{\"keys\":%d,\"events\":%d,\"cpu_ns_per_event\":%.0f,\"until_dispatched_ns\":%.0f}\n",
        keys, events, (settled - before) / events * 1e9, (dispatched - before) / events * 1e9);
}
