// streams ENDPOINT COUNT: dispatch functions for so many streams on one client, then so many
// clients with a stream each, an event through each. Prints what one more of either costs in
// memory, and the threads that all of them need.

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <vector>

#include <lk/dispatch.hpp>

#include "meters.hpp"

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: streams ENDPOINT COUNT\n");
        return 2;
    }
    const int count = std::atoi(argv[2]);
    const auto new_client = [&] {
        return lk::aws_kinesis({.region = "us-east-1",
                                .endpoint = argv[1],
                                .credentials = lk::AwsCredentials{"local", "local"}});
    };
    auto kinesis = new_client();
    std::vector<lk::Dispatch> all;
    all.reserve(2 * static_cast<std::size_t>(count) + 1);
    const auto one_more = [&] {
        all.push_back(lk::get_dispatch({.kinesis_client = kinesis,
                                        .kinesis_stream = "bench",
                                        .producer_id = "server@hostname"}));
        all.back()("hello", lk::json("{}")).get();
    };
    one_more();
    const auto before = lk::bench::resident();
    for (int i = 0; i < count; ++i) one_more();
    const auto after = lk::bench::resident();
    for (int i = 0; i < count; ++i) {
        kinesis = new_client();
        one_more();
    }
    const auto with_clients = lk::bench::resident();
    const auto threads = std::distance(std::filesystem::directory_iterator("/proc/self/task"), {});
    std::printf("{\"bytes_per_stream\":%.0f,\"bytes_per_client\":%.0f,\"threads\":%td}\n",
                static_cast<double>(after.bytes - before.bytes) / count,
                static_cast<double>(with_clients.bytes - after.bytes) / count, threads);
}
