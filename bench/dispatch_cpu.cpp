// dispatch_cpu ENDPOINT CA_FILE STREAM EVENTS [cbor|json|aggregated]: dispatches events of 300
// bytes of data from one thread and waits until all are acknowledged. Prints one line of JSON: the
// CPU time of this whole process (user and system) an event, the time that dispatch() took,
// allocations.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <lk/dispatch.hpp>

#include "aggregation.hpp"
#include "allocations.hpp"
#include "data.hpp"
#include "meters.hpp"

namespace {

using Clock = std::chrono::steady_clock;

double median(std::vector<double>& sorted) {
    return sorted[sorted.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 5) {
        std::fprintf(stderr,
                     "usage: dispatch_cpu ENDPOINT CA_FILE STREAM EVENTS [cbor|json|aggregated]\n");
        return 2;
    }
    const int events = std::atoi(argv[4]);
    const std::string_view how = argc > 5 ? argv[5] : "cbor";
    auto kinesis =
        lk::aws_kinesis({.region = "us-east-1",
                         .endpoint = argv[1],
                         .credentials = lk::AwsCredentials{"local", "local"},
                         .wire_format = how == "json" ? lk::WireFormat::json : lk::WireFormat::cbor,
                         .ca_bundle = argv[2]});
    lk::DispatchOptions options = {
        .kinesis_client = kinesis, .kinesis_stream = argv[3], .producer_id = "server@hostname"};
    if (how == "aggregated" && !lk::bench::aggregate(options)) {
        std::printf("{\"absent\":true}\n");
        return 0;
    }
    auto dispatch = lk::get_dispatch(options);
    std::vector<std::string> data;
    for (int i = 0; i < 1000; ++i) data.push_back(lk::bench::data_of_300_bytes(i));

    // Connections and pages are there when the clock starts, as they are in a service that runs:
    // the budget has been full once.
    const std::size_t filling = options.budget_bytes / lk::bench::data_of_300_bytes(0).size();
    for (std::size_t i = 0; i < filling; ++i) {
        dispatch("element inserted in collection posts", lk::json(data[i % 1000]));
    }
    if (!dispatch.flush(std::chrono::minutes(1))) return 1;

    // The first hundred thousand calls are timed one by one, with what two looks at the clock take
    // in them, which is measured too.
    std::vector<double> calls(static_cast<std::size_t>(std::min(events, 100'000)));
    std::vector<double> nothing(1000);
    for (double& time : nothing) {
        const auto before = Clock::now();
        time = std::chrono::duration<double, std::nano>(Clock::now() - before).count();
    }
    const std::uint64_t allocated = lk::bench::allocations();
    const std::uint64_t allocated_here = lk::bench::allocations_of_this_thread();
    const double cpu = lk::bench::cpu_seconds();
    const auto start = Clock::now();
    for (int i = 0; i < events; ++i) {
        const auto index = static_cast<std::size_t>(i);
        const auto before = index < calls.size() ? Clock::now() : Clock::time_point{};
        dispatch("element inserted in collection posts", lk::json(data[index % 1000]));
        if (index < calls.size()) {
            calls[index] = std::chrono::duration<double, std::nano>(Clock::now() - before).count();
        }
    }
    const auto allocations_here =
        static_cast<double>(lk::bench::allocations_of_this_thread() - allocated_here);
    const auto counts = dispatch.flush(std::chrono::minutes(10));
    const double cpu_used = lk::bench::cpu_seconds() - cpu;
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    const auto allocations = static_cast<double>(lk::bench::allocations() - allocated);
    if (!counts || counts->published != static_cast<std::uint64_t>(events)) {
        std::fprintf(stderr, "dispatch_cpu: not every event was published\n");
        return 1;
    }
    std::sort(calls.begin(), calls.end());
    std::sort(nothing.begin(), nothing.end());
    const double clock = median(nothing);
    std::printf(
        "{\"events\":%d,\"cpu_ns_per_event\":%.0f,\"events_per_second\":%.0f,"
        "\"dispatch_median_ns\":%.0f,\"dispatch_p99_ns\":%.0f,\"allocations_per_event\":%.4f,"
        "\"dispatch_allocations\":%.5f}\n",
        events, cpu_used / events * 1e9, events / seconds, median(calls) - clock,
        calls[calls.size() * 99 / 100] - clock, allocations / events, allocations_here / events);
}
