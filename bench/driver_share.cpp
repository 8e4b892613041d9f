// driver_share EVENTS: what the driver's thread does for an event, between the dispatching thread
// and the client: taking it in, deciding, making requests up, settling. The client answers at once,
// within the call; its own part is taken off.

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include <lk/dispatch.hpp>

#include "data.hpp"
#include "instant_kinesis.hpp"

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: driver_share EVENTS\n");
        return 2;
    }
    const int events = std::atoi(argv[1]);
    const auto kinesis =
        std::make_shared<lk::bench::InstantKinesis>(lk::bench::InstantKinesis::at_once);
    auto dispatch = lk::get_dispatch(
        {.kinesis_client = kinesis, .kinesis_stream = "bench", .producer_id = "server@hostname"});
    std::vector<std::string> data;
    for (int i = 0; i < 1000; ++i) data.push_back(lk::bench::data_of_300_bytes(i));
    const auto send = [&](int count) {
        for (int i = 0; i < count; ++i) {
            dispatch("element inserted in collection posts",
                     lk::json(data[static_cast<std::size_t>(i) % 1000]));
        }
        const auto counts = dispatch.flush(std::chrono::minutes(10));
        if (!counts || counts->published != static_cast<std::uint64_t>(count)) {
            std::fprintf(stderr, "driver_share: not every event was published\n");
            std::exit(1);
        }
    };
    send(1000);
    const double thread = kinesis->caller_cpu_seconds();
    const double client = kinesis->own_cpu_seconds();
    send(events);
    const double driver =
        kinesis->caller_cpu_seconds() - thread - (kinesis->own_cpu_seconds() - client);
    std::printf("{\"events\":%d,\"driver_ns_per_event\":%.1f}\n", events, driver / events * 1e9);
}
