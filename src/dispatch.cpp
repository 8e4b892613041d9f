#include <lk/dispatch.hpp>

#include <algorithm>
#include <cstring>

#include "base/random.hpp"
#include "base/thread_loop.hpp"
#include "event/json_text.hpp"
#include "kinesis/loop_owner.hpp"
#include "pipeline/input_checks.hpp"
#include "pipeline/pipeline.hpp"

// The composition root: where the rooms are put together. What a caller gives becomes a pipeline,
// and a dispatch function is a handle to one.

namespace lk {
namespace {

using detail::DispatchSettings;
using detail::EventFields;

// A structure from a caller that was compiled with an older header is shorter: the rest keeps its
// defaults.
template <class Settings>
requires std::is_trivially_copyable_v<Settings> Settings adopt(const Settings& given) {
    Settings own = given;
    if (given.size < sizeof(Settings)) {
        own = Settings{};
        std::memcpy(&own, &given, given.size);
    }
    return own;
}

Error bad_option(std::string message) {
    return {ErrorCode::bad_option, std::move(message), false, 0};
}

std::optional<Error> out_of_range(const char* option, std::int64_t value, std::int64_t least,
                                  std::int64_t most, const char* unit) {
    if (value >= least && value <= most) return std::nullopt;
    return bad_option(std::string(option) + " is " + std::to_string(value) + unit +
                      "; it must be " + std::to_string(least) + " to " + std::to_string(most) +
                      unit);
}

constexpr std::int64_t hour_ms = 3'600'000;
constexpr std::int64_t year_ms = 366 * 24 * hour_ms;
constexpr std::int64_t mebibyte = 1024 * 1024;

std::optional<Error> check(const DispatchSettings& settings) {
    if (settings.kinesis_client == nullptr || *settings.kinesis_client == nullptr) {
        return bad_option(
            "kinesis_client is missing: give lk::aws_kinesis(...), lk::local_kinesis(...) or your "
            "own");
    }
    if (auto error = pipeline::check_stream(settings.kinesis_stream)) return error;
    if (settings.producer_id.empty()) {
        return bad_option("producer_id is missing: say who dispatches, such as \"service@host\"");
    }
    if (!event::is_utf8(settings.producer_id)) return bad_option("producer_id is not valid UTF-8");
    const std::int64_t most_budget = std::int64_t{1} << 50;
    const auto budget = static_cast<std::int64_t>(
        std::min(settings.budget_bytes, static_cast<std::uint64_t>(most_budget) + 1));
    for (const auto& refused : {
             out_of_range("close_deadline", settings.close_deadline_ms, 0, year_ms, " ms"),
             out_of_range("linger", settings.linger_ms, 0, hour_ms, " ms"),
             out_of_range("deliver_within", settings.deliver_within_ms, 1, year_ms, " ms"),
             out_of_range("request_timeout", settings.request_timeout_ms, 100, hour_ms, " ms"),
             out_of_range("max_requests_in_flight", settings.max_requests_in_flight, 1, 1000, ""),
             out_of_range("budget_bytes", budget, mebibyte, most_budget, " bytes"),
         }) {
        if (refused) return refused;
    }
    return std::nullopt;
}

// A client of ours has a loop that the driver can share, which saves a hop between threads.
std::shared_ptr<Loop> loop_for(KinesisClient& client) {
    if (auto* owner = dynamic_cast<LoopOwner*>(&client)) return owner->loop();
    return std::make_shared<ThreadLoop>("lk-dispatch");
}

std::uint64_t draw_seed() {
    RandomBytes random;
    std::uint64_t seed = 0;
    random.fill({reinterpret_cast<std::uint8_t*>(&seed), sizeof seed});
    return seed;
}

Published failed_without_pipeline() {
    return detail::Slot::failed(
        {ErrorCode::closed, "this dispatch function was moved from", false, 0},
        pipeline::Completions::make({}, {}));
}

}  // namespace

Expected<std::shared_ptr<detail::Pipeline>, Error> detail::open_pipeline(
    const DispatchSettings& given) {
    const DispatchSettings settings = adopt(given);
    if (auto error = check(settings)) return std::move(*error);
    using std::chrono::milliseconds;
    const std::shared_ptr<KinesisClient>& client = *settings.kinesis_client;

    PipelineOptions options;
    options.producer_id = settings.producer_id;
    options.close_deadline = milliseconds(settings.close_deadline_ms);
    options.fail_when_full = settings.fail_when_full;

    pipeline::DriverOptions& driver = options.driver;
    driver.client = client;
    driver.loop = loop_for(*client);
    driver.stream = settings.kinesis_stream;
    driver.request_timeout = milliseconds(settings.request_timeout_ms);
    driver.budget_bytes = settings.budget_bytes;
    if (settings.log != nullptr) driver.log = *settings.log;
    driver.completions = pipeline::Completions::make(
        settings.executor != nullptr ? *settings.executor : pipeline::Completions::Executor{},
        driver.log);
    driver.core = {.linger = milliseconds(settings.linger_ms),
                   .deliver_within = milliseconds(settings.deliver_within_ms),
                   .max_requests_in_flight = static_cast<int>(settings.max_requests_in_flight),
                   .random_seed = draw_seed()};
    return std::make_shared<Pipeline>(std::move(options));
}

Dispatch::Dispatch(std::shared_ptr<detail::Pipeline> pipeline) noexcept
    : pipeline_(std::move(pipeline)) {}

Dispatch& Dispatch::operator=(Dispatch&& other) noexcept = default;

Dispatch::~Dispatch() = default;

Published Dispatch::write(const EventFields& fields) const {
    if (pipeline_ == nullptr) return failed_without_pipeline();
    return pipeline_->write_event(adopt(fields));
}

Published Dispatch::event(const Event& existing, std::string_view explicit_hash_key) const {
    EventFields fields;
    fields.type = existing.type;
    fields.has_data = existing.data.has_value();
    if (existing.data) fields.data = *existing.data;
    if (existing.source.user_id) fields.source_user_id = *existing.source.user_id;
    fields.partition_key = existing.source.kinesis_partition_key;
    fields.explicit_hash_key = explicit_hash_key;
    fields.id = existing.id;
    fields.timestamp_text = existing.timestamp;
    fields.producer_id = existing.source.producer_id;
    return write(fields);
}

Published Dispatch::record(std::string_view bytes, const RecordOptions& options) const {
    if (pipeline_ == nullptr) return failed_without_pipeline();
    return pipeline_->write_record(bytes, options);
}

Expected<FlushCounts, Error> Dispatch::flush(std::chrono::milliseconds deadline) const {
    if (pipeline_ == nullptr) return FlushCounts{};
    return pipeline_->flush(deadline);
}

Expected<FlushCounts, Error> Dispatch::close(std::chrono::milliseconds deadline) {
    if (pipeline_ == nullptr) return FlushCounts{};
    return pipeline_->close(deadline);
}

}  // namespace lk
