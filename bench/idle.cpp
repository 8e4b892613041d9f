// idle ENDPOINT CA_FILE SECONDS: sends one event over TLS and then does nothing for so long. Prints
// how often a thread of the library woke up in that time, and the memory in RAM before it.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include <lk/dispatch.hpp>

#include "meters.hpp"

int main(int argc, char** argv) {
    if (argc != 4) {
        std::fprintf(stderr, "usage: idle ENDPOINT CA_FILE SECONDS\n");
        return 2;
    }
    auto kinesis = lk::aws_kinesis({.region = "us-east-1",
                                    .endpoint = argv[1],
                                    .credentials = lk::AwsCredentials{"local", "local"},
                                    .ca_bundle = argv[2]});
    auto dispatch = lk::get_dispatch(
        {.kinesis_client = kinesis, .kinesis_stream = "bench", .producer_id = "server@hostname"});
    dispatch("hello", lk::json("{}")).get();

    // A wake-up some two seconds after the last event gives back memory; the last one.
    std::this_thread::sleep_for(std::chrono::seconds(4));
    const lk::bench::Resident resident = lk::bench::resident();
    const auto before = lk::bench::sleeps_of_other_threads();
    std::this_thread::sleep_for(std::chrono::seconds(std::atoi(argv[3])));
    const auto wake_ups = lk::bench::sleeps_of_other_threads() - before;
    std::printf("{\"wake_ups\":%llu,\"resident_bytes\":%zu,\"anonymous_bytes\":%zu}\n",
                static_cast<unsigned long long>(wake_ups), resident.bytes,
                resident.anonymous_bytes);
}
