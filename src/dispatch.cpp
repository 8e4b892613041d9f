#include <lk/dispatch.hpp>

#include <algorithm>
#include <limits>
#include <system_error>

#include "base/adopt.hpp"
#include "base/random.hpp"
#include "kinesis/loop_of.hpp"
#include "outbox/dead_letter_file.hpp"
#include "outbox/outbox.hpp"
#include "pipeline/dead_letters.hpp"
#include "pipeline/input_checks.hpp"
#include "pipeline/pipeline.hpp"

// The composition root: where the rooms are put together. What a caller gives becomes a pipeline,
// and a dispatch function is a handle to one.

namespace lk {
namespace {

using detail::DispatchSettings;
using detail::EventFields;
using detail::RecordFields;

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

std::optional<Error> out_of_share(const char* option, double value) {
    if (value > 0 && value <= 1) return std::nullopt;
    return bad_option(std::string(option) + " is " + std::to_string(value) +
                      "; it must be above 0 and at most 1");
}

constexpr std::size_t most_producer_id = 64 * 1024;
constexpr std::int64_t most_events = 1'000'000'000;
constexpr std::uint64_t least_aggregate = 1024;
constexpr std::int64_t hour_ms = 3'600'000;
constexpr std::int64_t longest_check_ms = 10 * 60 * 1000;
constexpr std::int64_t year_ms = 366 * 24 * hour_ms;
constexpr std::int64_t for_ever_ms = 100 * year_ms;
constexpr std::int64_t default_deliver_within_ms = 120'000;
constexpr std::int64_t mebibyte = 1024 * 1024;
constexpr std::int64_t most_outbox_bytes = std::int64_t{1} << 50;

bool has_outbox(const DispatchSettings& settings) {
    return !settings.outbox_directory.empty();
}

// For ever is so long that sums with it are no longer than a clock can say.
std::int64_t deliver_within_ms(const DispatchSettings& settings) {
    if (settings.deliver_within_ms != detail::default_deliver_within) {
        return settings.deliver_within_ms;
    }
    return has_outbox(settings) ? for_ever_ms : default_deliver_within_ms;
}

std::optional<Error> check_outbox(const DispatchSettings& settings) {
    const auto bytes = static_cast<std::int64_t>(
        std::min(settings.outbox_max_bytes, static_cast<std::uint64_t>(most_outbox_bytes) + 1));
    for (const auto& refused : {
             out_of_range("outbox.max_bytes", bytes, mebibyte, most_outbox_bytes, " bytes"),
             out_of_range("outbox.sync", settings.outbox_sync, 0, 2, ""),
             out_of_range("outbox.sync_interval", settings.outbox_sync_interval_ms, 1, hour_ms,
                          " ms"),
         }) {
        if (refused) return refused;
    }
    return std::nullopt;
}

std::optional<Error> check_dead_letters(const DispatchSettings& settings) {
    if (settings.dead_letter_stream.empty()) return std::nullopt;
    if (auto error = pipeline::check_stream(settings.dead_letter_stream)) {
        error->message = "dead_letters.stream: " + error->message;
        return error;
    }
    if (settings.dead_letter_stream != settings.kinesis_stream) return std::nullopt;
    return bad_option("dead_letters.stream is kinesis_stream itself (" +
                      std::string(settings.kinesis_stream) +
                      "), where these events could not be put: name another");
}

std::optional<Error> check_aggregate_partition_key(const DispatchSettings& settings) {
    if (settings.aggregate_partition_key.empty()) return std::nullopt;
    if (settings.aggregate_bytes == 0) {
        return bad_option(
            "aggregate_partition_key is given, but aggregate_bytes is 0, so nothing "
            "is aggregated: give aggregate_bytes, too, or leave the key out");
    }
    if (const auto error = pipeline::check_partition_key(settings.aggregate_partition_key)) {
        return bad_option("aggregate_partition_key: " + error->message);
    }
    return std::nullopt;
}

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
    if (const auto error = pipeline::check_text("producer_id", settings.producer_id)) {
        return bad_option(error->message);
    }
    if (settings.producer_id.size() > most_producer_id) {
        return bad_option("producer_id has " + std::to_string(settings.producer_id.size()) +
                          " bytes; it stands in every event, so it may have " +
                          std::to_string(most_producer_id) + " at most");
    }
    for (const auto& refused : {out_of_share("share_per_key", settings.share_per_key),
                                out_of_share("share_per_shard", settings.share_per_shard)}) {
        if (refused) return refused;
    }
    // The least is a record a second.
    if (settings.max_rate_per_shard != 0 &&
        !(settings.max_rate_per_shard >= 0.001 && settings.max_rate_per_shard <= 1000)) {
        std::ostringstream given;
        given << settings.max_rate_per_shard;
        return bad_option("max_rate_per_shard is " + given.str() +
                          "; it must be 0 (none), or 0.001 to 1000");
    }
    if (settings.aggregate_bytes != 0 &&
        (settings.aggregate_bytes < least_aggregate || settings.aggregate_bytes > mebibyte)) {
        return bad_option("aggregate_bytes is " + std::to_string(settings.aggregate_bytes) +
                          "; it must be 0 (events are not aggregated) or 1024 to 1048576");
    }
    const auto capped = [](std::uint64_t number) {
        return static_cast<std::int64_t>(
            std::min(number, static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())));
    };
    const std::int64_t most_budget = std::int64_t{1} << 50;
    const auto budget = static_cast<std::int64_t>(
        std::min(settings.budget_bytes, static_cast<std::uint64_t>(most_budget) + 1));
    for (const auto& refused : {
             out_of_range("close_deadline", settings.close_deadline_ms, 0, year_ms, " ms"),
             out_of_range("linger", settings.linger_ms, 0, hour_ms, " ms"),
             out_of_range("check_stream_within", settings.check_stream_within_ms, 0,
                          longest_check_ms, " ms"),
             out_of_range("deliver_within", deliver_within_ms(settings), 1, for_ever_ms, " ms"),
             out_of_range("request_timeout", settings.request_timeout_ms, 100, hour_ms, " ms"),
             out_of_range("max_requests_in_flight", settings.max_requests_in_flight, 1, 1000, ""),
             out_of_range("budget_bytes", budget, mebibyte, most_budget, " bytes"),
             out_of_range("budget_events", capped(settings.budget_events), 1, most_events, ""),
             out_of_range("max_suspended", capped(settings.max_suspended), 0, most_events, ""),
             out_of_range("when_full", settings.when_full, 0, 2, ""),
         }) {
        if (refused) return refused;
    }
    if (auto error = check_aggregate_partition_key(settings)) return error;
    if (auto error = check_dead_letters(settings)) return error;
    return has_outbox(settings) ? check_outbox(settings) : std::nullopt;
}

Expected<std::shared_ptr<outbox::StreamOutbox>, Error> open_outbox(const DispatchSettings& settings,
                                                                   const pipeline::Log& log) {
    return outbox::open(
        {.directory = std::string(settings.outbox_directory),
         .max_bytes = settings.outbox_max_bytes,
         .sync = static_cast<outbox::Sync>(settings.outbox_sync),
         .sync_interval = std::chrono::milliseconds(settings.outbox_sync_interval_ms),
         .log = log},
        settings.kinesis_stream);
}

// Where dead letters go; nothing where they go nowhere.
Expected<pipeline::TakeDeadLetters, Error> take_dead_letters(const DispatchSettings& settings,
                                                             const pipeline::Log& log) {
    pipeline::DeadLetterPlaces places;
    if (settings.dead_letter_callback != nullptr) places.callback = *settings.dead_letter_callback;
    if (!settings.dead_letter_file.empty()) {
        auto file = outbox::DeadLetterFile::open(std::string(settings.dead_letter_file));
        if (!file) return std::move(file).error();
        places.file = std::move(file).value();
    }
    if (!settings.dead_letter_stream.empty()) {
        DispatchSettings other = settings;
        other.kinesis_stream = settings.dead_letter_stream;
        other.outbox_directory = {};
        other.dead_letter_callback = nullptr;
        other.dead_letter_file = other.dead_letter_stream = {};
        other.on_settled = nullptr;
        other.aggregate_bytes = 0;
        other.aggregate_partition_key = {};
        auto pipeline = detail::open_pipeline(other);
        if (!pipeline) return std::move(pipeline).error();
        places.put = [pipeline = std::move(pipeline).value()](std::string_view line,
                                                              std::string_view partition_key,
                                                              std::function<void(Outcome)> done) {
            RecordFields fields;
            fields.bytes = line;
            fields.partition_key = partition_key;
            pipeline->write_record(fields).then(std::move(done));
        };
    }
    if (!places.any()) return pipeline::TakeDeadLetters();
    places.stream = settings.kinesis_stream;
    places.log = log;
    return pipeline::dead_letter_taker(std::move(places));
}

Published failed_without_pipeline() {
    return detail::Slot::failed(
        {ErrorCode::closed, "this dispatch function was moved from", false, 0},
        pipeline::Completions::make({}, {}));
}

Expected<std::shared_ptr<detail::Pipeline>, Error> make_pipeline(const DispatchSettings& settings) {
    if (auto error = check(settings)) return std::move(*error);
    using std::chrono::milliseconds;
    const std::shared_ptr<KinesisClient>& client = *settings.kinesis_client;

    detail::PipelineOptions options;
    options.producer_id = settings.producer_id;
    options.close_deadline = milliseconds(settings.close_deadline_ms);
    options.when_full = static_cast<WhenFull>(settings.when_full);
    options.ordered = settings.ordered;

    pipeline::DriverOptions& driver = options.driver;
    driver.client = client;
    driver.loop = loop_of(client);
    if (driver.loop->inherited()) {
        return Error{
            ErrorCode::forked,
            "kinesis_client was made before the process forked: make a new one in the child", false,
            0};
    }
    driver.stream = settings.kinesis_stream;
    driver.request_timeout = milliseconds(settings.request_timeout_ms);
    const auto share_of_budget = [&](double share) {
        return static_cast<std::size_t>(static_cast<double>(settings.budget_bytes) * share);
    };
    driver.budget = {.bytes = settings.budget_bytes,
                     .events = settings.budget_events,
                     .most_held_by_key = share_of_budget(settings.share_per_key),
                     .most_suspended = settings.max_suspended};
    if (settings.log != nullptr) driver.log = *settings.log;
    driver.completions = pipeline::Completions::make(
        settings.executor != nullptr ? *settings.executor : pipeline::Completions::Executor{},
        driver.log);
    // With an outbox half of the budget is for what is in the core.
    const std::size_t shard_share =
        share_of_budget(settings.share_per_shard) / (has_outbox(settings) ? 2 : 1);
    driver.core = {
        .linger = milliseconds(settings.linger_ms),
        .deliver_within = milliseconds(deliver_within_ms(settings)),
        .max_requests_in_flight = static_cast<int>(settings.max_requests_in_flight),
        .asks_at_start = settings.check_stream_within_ms > 0,
        .pause_on_failure = settings.pause_on_failure,
        .wait_out_stream_failures = has_outbox(settings),
        .random_seed = RandomBytes().number(),
        .sending = {.aggregate_bytes = settings.aggregate_bytes,
                    .aggregate_partition_key = std::string(settings.aggregate_partition_key),
                    .highest_rate = settings.max_rate_per_shard,
                    .most_held_by_shard = shard_share}};
    if (settings.on_settled != nullptr) driver.observers.on_settled = *settings.on_settled;
    auto dead_letters = take_dead_letters(settings, driver.log);
    if (!dead_letters) return std::move(dead_letters).error();
    driver.observers.take_dead_letters = std::move(dead_letters).value();
    // What these are not told of stays in the outbox, and close() waits for it.
    if (driver.observers.any()) driver.completions->start_thread();
    if (has_outbox(settings)) {
        auto outbox = open_outbox(settings, driver.log);
        if (!outbox) return std::move(outbox).error();
        driver.outbox = std::move(outbox).value();
    }
    auto pipeline = std::make_shared<detail::Pipeline>(std::move(options));
    if (auto error = pipeline->begin()) return std::move(*error);
    // With an outbox nothing that is wrong with the stream stands in the way.
    if (settings.check_stream_within_ms > 0 && !has_outbox(settings)) {
        const milliseconds wait(settings.check_stream_within_ms);
        if (auto error = pipeline->look_at_stream(wait)) return std::move(*error);
    }
    return pipeline;
}

}  // namespace

Expected<std::shared_ptr<detail::Pipeline>, Error> detail::open_pipeline(
    const DispatchSettings& given) {
    try {
        return make_pipeline(adopt(given));
    } catch (const std::system_error& thrown) {
        return Error{ErrorCode::internal,
                     std::string("the dispatch function could not start a thread: ") +
                         thrown.what() + "; raise the limit of threads (ulimit -u)",
                     false, 0};
    }
}

Dispatch::Dispatch(std::shared_ptr<detail::Pipeline> pipeline) noexcept
    : pipeline_(std::move(pipeline)) {}

Dispatch& Dispatch::operator=(Dispatch&& other) noexcept = default;

Dispatch::~Dispatch() = default;

Published Dispatch::write(const EventFields& fields) const {
    if (pipeline_ == nullptr) return failed_without_pipeline();
    return pipeline_->write_event(Adopted(fields).get());
}

Published Dispatch::write(const RecordFields& fields) const {
    if (pipeline_ == nullptr) return failed_without_pipeline();
    return pipeline_->write_record(Adopted(fields).get());
}

bool Dispatch::resume(std::string_view partition_key) const {
    return pipeline_ != nullptr && pipeline_->resume(partition_key);
}

bool Dispatch::discard(std::string_view partition_key) const {
    return pipeline_ != nullptr && pipeline_->discard(partition_key);
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
