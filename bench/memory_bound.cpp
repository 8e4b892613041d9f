// memory_bound: the most memory that a dispatch function with default options may come to hold,
// by the formula of pipeline/memory_bound.hpp, and how far that is above its budget; and what a
// client of Kinesis holds for it, by that of kinesis/memory_bound.hpp, in CBOR and in JSON.

#include <cstdio>

#include <lk/dispatch.hpp>

#include "kinesis/memory_bound.hpp"
#include "pipeline/memory_bound.hpp"

namespace {

void print(const char* name, const lk::kinesis::MostMemory& most) {
    std::printf(
        ",\"%s\":%zu,\"%s_parts\":{\"bodies\":%zu,\"connections\":%zu,\"answers\":%zu,"
        "\"reading\":%zu,\"questions\":%zu,\"rest\":%zu}",
        name, most.sum(), name, most.bodies, most.connections, most.answers, most.reading,
        most.questions, most.rest);
}

}  // namespace

int main() {
    const lk::DispatchOptions defaults;
    lk::pipeline::MemoryOptions options{
        .budget_bytes = defaults.budget_bytes,
        .budget_events = defaults.budget_events,
        .max_requests_in_flight = static_cast<std::size_t>(defaults.max_requests_in_flight),
        .largest_record_bytes = std::size_t{1024} * 1024};
    const std::size_t most = lk::pipeline::most_memory(options);
    options.outbox = true;
    std::printf("{\"budget_bytes\":%zu,\"most_bytes\":%zu,\"with_outbox\":%zu",
                defaults.budget_bytes, most, lk::pipeline::most_memory(options));

    lk::kinesis::MemoryOptions client{
        .max_requests_in_flight = options.max_requests_in_flight,
        .unsettled_bytes = options.budget_bytes + options.threads * options.largest_record_bytes,
        .shards = 100};
    print("client_cbor", lk::kinesis::most_memory(client));
    client.encoding = lk::wire::Encoding::json;
    print("client_json", lk::kinesis::most_memory(client));
    std::printf("}\n");
}
