#pragma once

#include <cstddef>

namespace lk::pipeline {

/// What decides how much memory a dispatch function may come to hold.
struct MemoryOptions {
    std::size_t budget_bytes = 0;
    std::size_t budget_events = 0;
    std::size_t max_suspended = 0;  ///< 0 unless WhenFull::suspend.
    std::size_t max_requests_in_flight = 0;
    std::size_t aggregate_bytes = 0;
    bool outbox = false;
    // What the program does with it.
    std::size_t threads = 1;               ///< That dispatch at the same time.
    std::size_t largest_record_bytes = 0;  ///< Data, partition key and explicit hash key.
    std::size_t shards = 1;                ///< That the stream has.
};

/// The most bytes that a dispatch function allocates, by its options: the budget, and what may
/// exceed it. Without what the client allocates for itself, the results that the user keeps after
/// their events have settled, and thread stacks. (The client of Kinesis tells its own:
/// kinesis/memory_bound.hpp.)
///
///     budget_bytes
///   + for each thread, and each suspended event: one record, its page and what is kept of it, as
///     room is asked for before an event is written and taken when it is
///   + a quarter of the budget, at least 8 pages: pages kept for reuse
///   + the room in pages that are open: one in each stripe and the one being compacted into
///   + what is kept of events in reserve: a few in each stripe, and what was added at once
///   + for each request in flight: views of 500 records, its parcels and the answer to it;
///     aggregated, also 10 MiB of finished records, or what the budget holds if that is less
///   + buckets of lanes: 16 bytes an event
///   + the list of those that wait to be sent again: 16 bytes an event
///   + what is told of 1,024 events that end at once
///   + slots of results, kept for reuse: 32 bytes an event
///   + 640 bytes for each shard that is listed, and for 16,384 that answers may name (see ShardMap)
///   + with an outbox: 16 of its pages on their way back from the disk, its lists of pages and keys
///     up to an eighth of the budget more than that counts, and what it holds itself
///     (outbox::most_memory())
///   + 1 MiB of what does not depend on any option: tables of the budget, queues, allocator slack
[[nodiscard]] std::size_t most_memory(const MemoryOptions& options) noexcept;

}  // namespace lk::pipeline
