// outstanding EVENTS: the memory that events hold while a client answers nothing.

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include <lk/dispatch.hpp>

#include "data.hpp"
#include "instant_kinesis.hpp"
#include "meters.hpp"
#include "request_bodies.hpp"

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: outstanding EVENTS\n");
        return 2;
    }
    const int events = std::atoi(argv[1]);
    auto dispatch = lk::get_dispatch({.kinesis_client = std::make_shared<lk::bench::InstantKinesis>(
                                          lk::bench::InstantKinesis::when_told),
                                      .kinesis_stream = "bench",
                                      .producer_id = "server@hostname",
                                      .close_deadline = std::chrono::milliseconds(0),
                                      .budget_bytes = std::size_t{8} << 30});
    std::vector<std::string> data;
    for (int i = 0; i < 1000; ++i) data.push_back(lk::bench::data_of_300_bytes(i));
    // The size of one as Kinesis counts it: the event and its partition key.
    constexpr double cbor_around_a_record = 29;
    const double record = static_cast<double>(lk::bench::request_bodies("b", 1, 2)[0].size() -
                                              lk::bench::request_bodies("b", 1, 1)[0].size());
    const double counted = record - cbor_around_a_record;

    const auto before = lk::bench::resident();
    for (int i = 0; i < events; ++i) {
        dispatch("element inserted in collection posts",
                 lk::json(data[static_cast<std::size_t>(i) % 1000]));
    }
    const auto after = lk::bench::resident();
    const double growth = static_cast<double>(after.bytes - before.bytes) / events;
    std::printf(
        "{\"events\":%d,\"bytes_per_event\":%.1f,\"event_and_key_bytes\":%.0f,"
        "\"record_bytes\":%.0f,\"over_event_and_key\":%.3f,\"over_record\":%.3f}\n",
        events, growth, counted, record, growth / counted, growth / record);
}
