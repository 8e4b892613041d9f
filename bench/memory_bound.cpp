// memory_bound: the most memory that a dispatch function with default options may come to hold,
// by the formula of pipeline/memory_bound.hpp, and how far that is above its budget.

#include <cstdio>

#include <lk/dispatch.hpp>

#include "pipeline/memory_bound.hpp"

int main() {
    const lk::DispatchOptions defaults;
    lk::pipeline::MemoryOptions options{
        .budget_bytes = defaults.budget_bytes,
        .budget_events = defaults.budget_events,
        .max_requests_in_flight = static_cast<std::size_t>(defaults.max_requests_in_flight),
        .largest_record_bytes = std::size_t{1024} * 1024};
    const std::size_t most = lk::pipeline::most_memory(options);
    options.outbox = true;
    std::printf("{\"budget_bytes\":%zu,\"most_bytes\":%zu,\"with_outbox\":%zu}\n",
                defaults.budget_bytes, most, lk::pipeline::most_memory(options));
}
