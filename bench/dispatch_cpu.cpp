// dispatch_cpu ENDPOINT CA_FILE EVENTS [json|cbor]: dispatches events of 300 bytes of data from one
// thread and waits until all are acknowledged. Prints one line of JSON: the CPU time of this whole
// process (user and system) an event, the time that dispatch() took, allocations.

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <lk/dispatch.hpp>

#include "allocations.hpp"
#include "data.hpp"

namespace {

using Clock = std::chrono::steady_clock;

double cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 4) {
        std::fprintf(stderr, "usage: dispatch_cpu ENDPOINT CA_FILE EVENTS [json|cbor]\n");
        return 2;
    }
    const int events = std::atoi(argv[3]);
    const bool json = argc > 4 && std::string(argv[4]) == "json";
    auto kinesis =
        lk::aws_kinesis({.region = "us-east-1",
                         .endpoint = argv[1],
                         .credentials = lk::AwsCredentials{"local", "local"},
                         .wire_format = json ? lk::WireFormat::json : lk::WireFormat::cbor,
                         .ca_bundle = argv[2]});
    auto dispatch = lk::get_dispatch(
        {.kinesis_client = kinesis, .kinesis_stream = "bench", .producer_id = "server@hostname"});
    std::vector<std::string> data;
    for (int i = 0; i < 1000; ++i) data.push_back(lk::bench::data_of_300_bytes(i));

    // Connections and pages are there when the clock starts.
    for (int i = 0; i < 1000; ++i) {
        dispatch("element inserted in collection posts",
                 lk::json(data[static_cast<std::size_t>(i)]));
    }
    if (!dispatch.flush(std::chrono::minutes(1))) return 1;

    // The first hundred thousand calls are timed one by one; the clock itself costs some 20 ns.
    std::vector<double> calls(static_cast<std::size_t>(std::min(events, 100'000)));
    const std::uint64_t allocated = lk::bench::allocations();
    const double cpu = cpu_seconds();
    const auto start = Clock::now();
    for (int i = 0; i < events; ++i) {
        const auto index = static_cast<std::size_t>(i);
        const auto before = index < calls.size() ? Clock::now() : Clock::time_point{};
        dispatch("element inserted in collection posts", lk::json(data[index % 1000]));
        if (index < calls.size()) {
            calls[index] = std::chrono::duration<double, std::nano>(Clock::now() - before).count();
        }
    }
    const auto counts = dispatch.flush(std::chrono::minutes(10));
    const double cpu_used = cpu_seconds() - cpu;
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    const auto allocations = static_cast<double>(lk::bench::allocations() - allocated);
    if (!counts || counts->published != static_cast<std::uint64_t>(events)) {
        std::fprintf(stderr, "dispatch_cpu: not every event was published\n");
        return 1;
    }
    std::sort(calls.begin(), calls.end());
    std::printf(
        "{\"events\":%d,\"cpu_ns_per_event\":%.0f,\"events_per_second\":%.0f,"
        "\"dispatch_median_ns\":%.0f,\"dispatch_p99_ns\":%.0f,\"allocations_per_event\":%.4f}\n",
        events, cpu_used / events * 1e9, events / seconds, calls[calls.size() / 2],
        calls[calls.size() * 99 / 100], allocations / events);
}
