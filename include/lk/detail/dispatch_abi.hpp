#pragma once

// What crosses the library's binary boundary in place of the option aggregates. Each begins with
// its own size, so that a newer library reads what an older header did not know as its default.
// Fields are only ever appended, each `alignas(8)`: what is padding in an older header has no
// value.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include <lk/error.hpp>
#include <lk/event.hpp>
#include <lk/expected.hpp>
#include <lk/published.hpp>

namespace lk {

class KinesisClient;

namespace detail {

class Pipeline;

struct EventFields {
    std::uint32_t size = sizeof(EventFields);
    bool has_data = false;
    bool has_timestamp = false;
    std::string_view type;
    std::string_view data;
    std::string_view source_user_id;
    std::string_view partition_key;
    std::string_view explicit_hash_key;
    std::string_view id;
    std::int64_t timestamp_ms = 0;
    // For replays: kept as they are.
    std::string_view timestamp_text;
    std::string_view producer_id;
    bool keep_event = true;
};

struct RecordFields {
    std::uint32_t size = sizeof(RecordFields);
    std::string_view bytes;
    std::string_view partition_key;
    std::string_view explicit_hash_key;
    bool keep_event = true;
};

struct DispatchSettings {
    std::uint32_t size = sizeof(DispatchSettings);
    const std::shared_ptr<KinesisClient>* kinesis_client = nullptr;
    std::string_view kinesis_stream;
    std::string_view producer_id;
    std::int64_t close_deadline_ms = 0;
    std::int64_t linger_ms = 0;
    std::int64_t deliver_within_ms = 0;
    std::int64_t request_timeout_ms = 0;
    std::int64_t max_requests_in_flight = 0;
    std::uint64_t budget_bytes = 0;
    std::int32_t when_full = 0;
    const std::function<void(std::function<void()>)>* executor = nullptr;
    const std::function<void(int, std::string_view)>* log = nullptr;
    std::uint64_t budget_events = 1'000'000;
    double share_per_key = 1.0 / 8;
    double share_per_shard = 1.0 / 2;
    std::uint64_t max_suspended = 1000;
    bool ordered = true;
    bool pause_on_failure = false;
    std::uint64_t aggregate_bytes = 0;
    std::string_view aggregate_partition_key = {};
    double max_rate_per_shard = 0;
    std::int64_t check_stream_within_ms = 5000;
    std::string_view outbox_directory = {};
    std::uint64_t outbox_max_bytes = 0;
    std::int32_t outbox_sync = 0;
    std::int64_t outbox_sync_interval_ms = 1000;
    const std::function<void(const Event&, const Error&)>* dead_letter_callback = nullptr;
    std::string_view dead_letter_file = {};
    std::string_view dead_letter_stream = {};
    const std::function<void(const Event&, const Outcome&, bool)>* on_settled = nullptr;
};

/// In place of deliver_within_ms: 2 minutes, or with an outbox for ever.
inline constexpr std::int64_t default_deliver_within = -1;

Expected<std::shared_ptr<Pipeline>, Error> open_pipeline(const DispatchSettings& settings);

}  // namespace detail
}  // namespace lk
