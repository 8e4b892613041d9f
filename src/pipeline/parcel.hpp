#pragma once

#include <cstddef>
#include <cstdint>

#include "event/hash_key.hpp"
#include "pipeline/pending.hpp"

namespace lk::pipeline {

/// One record of a PutRecords request: a record as it was dispatched or, aggregated, several that
/// stand or fall together, linked through Pending::next in the order of their dispatch.
struct Parcel {
    Pending* first = nullptr;
    std::uint32_t count = 1;
    bool aggregated = false;
    /// Aggregated: where all of it goes.
    ShardIndex shard = no_shard;
    event::HashKey hash_key{};
    /// What Kinesis's limits count; aggregated: at most.
    std::size_t bytes = 0;
    Pending* last = nullptr;
};

/// Calls `each` with every record of a parcel; it may put the record into another queue.
template <class Each>
void for_each(const Parcel& parcel, Each each) {
    Pending* record = parcel.first;
    for (std::uint32_t left = parcel.count; left > 0; --left) {
        Pending* const next = record->next;
        each(record);
        record = next;
    }
}

}  // namespace lk::pipeline
