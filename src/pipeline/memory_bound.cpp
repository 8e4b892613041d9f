#include "pipeline/memory_bound.hpp"

#include <algorithm>

#include "pipeline/budget.hpp"
#include "pipeline/core.hpp"
#include "pipeline/intake.hpp"
#include "pipeline/outbox_stage.hpp"
#include "pipeline/page.hpp"
#include "pipeline/parcel.hpp"
#include "pipeline/send_queue.hpp"
#include "pipeline/shard_map.hpp"
#include "pipeline/slabs.hpp"
#include "wire/record_layout.hpp"

namespace lk::pipeline {
namespace {

// Shard id, sequence number and where they stand, as Kinesis answers them for a record.
constexpr std::size_t answer_bytes_a_record = 128;

// The message of an error.
constexpr std::size_t told_text_bytes = 512;

// Its name, of the longest kind, its range, its rate and queue, and what it holds of the budget,
// each in a table of its own.
constexpr std::size_t known_bytes_a_shard = 640;

}  // namespace

std::size_t most_memory(const MemoryOptions& options) noexcept {
    const std::size_t page = PageStore::usual_bytes_of(options.budget_bytes);
    const std::size_t record = options.largest_record_bytes + wire::RecordLayout::bytes(0, 0, 1);
    const std::size_t own_page = sizeof(Page) + record > page ? sizeof(Page) + record : 0;

    const std::size_t late = options.threads * (std::max(page, own_page) + Budget::bytes_an_event) +
                             options.max_suspended * (record + Budget::bytes_an_event);
    const std::size_t kept_pages =
        std::max(PageStore::kept_when_idle * page, options.budget_bytes / 4);
    const std::size_t open_pages = (Intake::stripe_count + 1) * std::max(page, own_page);
    using Pendings = Slabs<Pending, &Pending::next, &Pending::lane_next>;
    const std::size_t reserve = Intake::stripe_count * FreePendings::most_in_chain *
                                    (sizeof(Pending) + sizeof(detail::Slot)) +
                                2 * Pendings::most_added_bytes;
    std::size_t request = max_request_records *
                          (sizeof(Record) + sizeof(Parcel) + sizeof(void*) + answer_bytes_a_record);
    if (options.aggregate_bytes != 0) {
        request += std::min(max_request_bytes, options.budget_bytes);
    }
    // The budget holds so many events at the most.
    const std::size_t events =
        std::min(options.budget_events, options.budget_bytes / Budget::bytes_an_event) +
        options.threads + options.max_suspended;
    const std::size_t lanes = events * 2 * sizeof(void*);
    const std::size_t later = events * sizeof(Later);
    const std::size_t slots = events * sizeof(detail::Slot);
    const std::size_t told = most_told_at_once * (sizeof(Settled) + told_text_bytes);
    const std::size_t shards = (options.shards + ShardMap::most_learned) * known_bytes_a_shard;
    std::size_t outbox = 0;
    if (options.outbox) {
        const std::size_t load = std::max(outbox::full_page_bytes, options.largest_record_bytes);
        outbox = 2 * OutboxStage::most_loads * load + options.budget_bytes / 8 +
                 outbox::most_memory(options.largest_record_bytes);
    }
    constexpr std::size_t rest = std::size_t{1024} * 1024;
    return options.budget_bytes + late + kept_pages + open_pages + reserve +
           options.max_requests_in_flight * request + lanes + later + slots + told + shards +
           outbox + rest;
}

}  // namespace lk::pipeline
