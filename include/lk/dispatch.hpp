#pragma once

/// \file
/// Dispatches events to Amazon Kinesis Data Streams.
///
///     auto kinesis  = lk::aws_kinesis({.region = "eu-west-1"});
///     auto dispatch = lk::get_dispatch({.kinesis_client = kinesis,
///                                       .kinesis_stream = "entrypoint",
///                                       .producer_id = "server@hostname"});
///     auto published = dispatch("eventType", lk::json(R"({"key":"value"})"));
///     std::cout << "Event " << published.get().id << " inserted in kinesis\n";

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <lk/aws_kinesis.hpp>
#include <lk/detail/dispatch_abi.hpp>
#include <lk/error.hpp>
#include <lk/event.hpp>
#include <lk/expected.hpp>
#include <lk/json.hpp>
#include <lk/kinesis_client.hpp>
#include <lk/published.hpp>

namespace lk {

/// Options of one dispatch(). Text is copied before dispatch() returns.
struct EventOptions {
    /// The user on whose behalf; empty is written as null.
    std::string_view source_user_id = {};
    /// 1 to 256 Unicode characters; empty means a fresh UUID v4. Events with equal keys keep
    /// their order and share a shard.
    std::string_view partition_key = {};
    /// Chooses the shard in place of the partition key: a decimal number below 2^128, or empty.
    std::string_view explicit_hash_key = {};
    /// The event's id; empty means a fresh UUID v4.
    std::string_view id = {};
    /// When it happened, of millisecond precision; absent means now.
    std::optional<std::chrono::system_clock::time_point> timestamp = std::nullopt;
    /// Whether a result that is held gets a copy of its event when that is published. Where only
    /// failures matter, false saves the copy, some 300 ns of CPU time and 900 bytes of memory:
    /// get() and the others then give an empty Event, without shard, sequence number, attempts,
    /// and whether it may be a duplicate. Errors, dead letters and on_settled tell all as ever.
    bool keep_event = true;
};

/// Options of Dispatch::record().
struct RecordOptions {
    /// As in EventOptions.
    std::string_view partition_key = {};
    /// As in EventOptions.
    std::string_view explicit_hash_key = {};
    /// As in EventOptions.
    bool keep_event = true;
};

/// What dispatch() does while the memory budget is used up.
enum class WhenFull {
    block,    ///< Waits for room (until close()).
    fail,     ///< Fails at once with `full`.
    suspend,  ///< Accepts up to `max_suspended` events past the budget, whose results (and with
              ///< them the coroutines that await them) wait; past that, fails at once with `full`.
};

/// Which events keep their order.
enum class Ordering {
    per_key,  ///< Those with equal partition keys, where the key was given.
    none,     ///< None: several events of a key may be under way at once.
};

/// What becomes of a partition key's later events when one was not published.
enum class OnOrderedFailure {
    go_on,  ///< They go on. An event that ended as unknown may then appear after them.
    pause,  ///< They wait, still bound by their deadlines, and dispatch() to the key fails with
            ///< `lane_paused`, until resume() or discard().
};

/// When an event in an outbox counts as stored.
enum class OutboxSync {
    every_commit,  ///< When the disk has it (fsync), so that it survives a power cut.
    interval,  ///< When the file has it, which is synchronised every `sync_interval`: it survives
               ///< the end of the process, and a power cut but for the last moments.
    os,        ///< The same, synchronised when the operating system pleases.
};

/// Where events are kept until they are settled, so that neither a crash nor an outage loses them.
///
/// An event is sent once it is stored (Published::wait_stored()), its bytes need no memory once
/// they are on the disk, and what one run of the program leaves the next one sends: before newer
/// events of the same partition keys, and flagged as possible duplicates. See docs/delivery.md.
struct OutboxOptions {
    /// A folder, made where there is none; empty: no outbox. One process at a time uses it; in it,
    /// any number of dispatch functions.
    std::string directory = {};
    /// How much of the disk unsettled events may take, packed, often to a third or less of their
    /// size; where settled ones leave gaps in the file, these count. Past it dispatch() does what
    /// `when_full` says; it shows a moment late, so up to `budget_bytes` more may come. 1 MiB and
    /// up.
    std::uint64_t max_bytes = std::uint64_t{1} << 30;
    OutboxSync sync = OutboxSync::every_commit;
    /// For OutboxSync::interval. 1 ms to 1 hour.
    std::chrono::milliseconds sync_interval = std::chrono::seconds(1);
};

/// What becomes of an event that was accepted and ends as failed or unknown, besides its result.
/// With an outbox that is one which Kinesis refuses for itself, or whose `deliver_within` passed;
/// it leaves the outbox when what is named here has it.
struct DeadLetterOptions {
    /// Is given the event and why it failed, where callbacks run.
    std::function<void(const Event&, const Error&)> callback = {};
    /// A file to which a line of JSON is appended for each, and synchronised. `lk-dispatch redrive`
    /// sends them again. Empty: none.
    std::string file = {};
    /// A stream of the same client to which the same line is put. Empty: none.
    std::string stream = {};
};

/// How serious a line for the log hook is.
enum class LogLevel { info, warning, error };

/// Options of get_dispatch(). Read by inline code; fields are only ever appended.
struct DispatchOptions {
    /// Required. Shared with other dispatch functions as you like.
    std::shared_ptr<KinesisClient> kinesis_client = {};
    /// Required: the stream's name (1–128 of a–z A–Z 0–9 _ . -) or its ARN.
    std::string kinesis_stream = {};
    /// Required: who dispatches, such as "service@host"; UTF-8.
    std::string producer_id = {};

    /// How long the destructor's close() drains before it fails the rest. 0 and up.
    std::chrono::milliseconds close_deadline = std::chrono::seconds(30);
    /// How long an event may wait for company while requests are under way; an idle stream sends
    /// at once. 0 to 1 hour.
    std::chrono::milliseconds linger = std::chrono::milliseconds(5);
    /// How long after dispatch() an event may still be sent; then it fails with `not_in_time`.
    /// 1 ms and up. Absent: 2 minutes; with an outbox for ever. In an outbox the time between two
    /// runs counts too, by the system's clock.
    std::optional<std::chrono::milliseconds> deliver_within = std::nullopt;
    /// How long one request may take before it is given up on. 100 ms to 1 hour.
    std::chrono::milliseconds request_timeout = std::chrono::seconds(30);
    /// How many requests may be under way at once. 1 to 1,000.
    int max_requests_in_flight = 8;
    /// How much memory unsettled events may hold: their bytes, in pages as allocated, and what is
    /// kept of each. 1 MiB and up. What comes on top follows from the options: docs/delivery.md.
    /// With JSON on the wire it is up to 14 MiB more for each of max_requests_in_flight.
    std::size_t budget_bytes = 128 * std::size_t{1024} * 1024;
    /// What happens past the budget.
    WhenFull when_full = WhenFull::block;

    /// Runs callbacks and coroutines in place of the library's completion thread: is given one
    /// task at a time, from any thread, and runs it soon, anywhere but inside this call. One that
    /// throws, or lets a task go without running it, is given another after 10 ms to 1 s; after
    /// close() the library's own thread takes its place.
    std::function<void(std::function<void()>)> executor = {};
    /// Is told of what no result can tell: retries, a client that breaks its contract, an
    /// exception out of a callback. Called from any thread, also from one inside get() or wait();
    /// must not call back into lk.
    std::function<void(LogLevel, std::string_view)> log = {};

    /// How many events may be unsettled. 1 and up.
    std::size_t budget_events = 1'000'000;
    /// What of budget_bytes the events of one partition key may hold, above 0, at most 1. Past it
    /// only that key's dispatch() blocks, fails or suspends. An event of a key that holds nothing
    /// is always within it.
    double share_per_key = 1.0 / 8;
    /// What of budget_bytes the events for one shard that throttles may hold, above 0, at most 1.
    double share_per_shard = 1.0 / 2;
    /// How many events WhenFull::suspend accepts past the budget.
    std::size_t max_suspended = 1000;
    Ordering ordering = Ordering::per_key;
    OnOrderedFailure on_ordered_failure = OnOrderedFailure::go_on;
    /// 0: a record is an event, which every consumer reads. Else events are aggregated into records
    /// of up to this many bytes, in the format of the Kinesis Producer Library: 1 KiB to 1 MiB;
    /// 51,200 is usual. Needs the IAM action kinesis:ListShards; without it nothing is aggregated.
    std::size_t aggregate_bytes = 0;
    /// The partition key of aggregated records, as consumers that do not take them apart see it: up
    /// to 256 characters; empty: that of the first event in each. Where a record goes does not
    /// depend on it, as each has an explicit hash key. An event that goes alone keeps its own.
    std::string aggregate_partition_key = {};
    /// A cap on what is sent to each shard, in shards: 1 is what Kinesis gives a shard by default,
    /// 1,000 records and 1 MiB a second. 0.001 to 1000, or 0: none but what is learned from
    /// throttling.
    double max_rate_per_shard = 0;
    /// How long get_dispatch() waits to hear about the stream (DescribeStreamSummary), so that one
    /// that does not exist, or is being deleted, or is in another region than the client, is an
    /// error of get_dispatch() and not of each event. Whatever else comes of the question, or
    /// nothing in time, is no error: a network that is down, a permission that lacks (a line for
    /// the log names the IAM action), a client that answers `unsupported`. While the stream is
    /// CREATING events wait for it, bound by deliver_within. 0: get_dispatch() makes no request,
    /// and the question goes out with the first event. 0 to 10 minutes.
    std::chrono::milliseconds check_stream_within = std::chrono::seconds(5);
    /// Without a directory events live in memory alone.
    OutboxOptions outbox = {};
    DeadLetterOptions dead_letters = {};
    /// Is told how each event ended, where callbacks run: the event, its outcome, and whether an
    /// earlier run of the program had left it in the outbox. Costs a copy of each event.
    std::function<void(const Event& event, const Outcome& outcome, bool from_previous_run)>
        on_settled = {};
};

/// What flush() or close() found. Each event is counted once, by the first flush() after its
/// dispatch() that sees it settled.
struct FlushCounts {
    std::uint64_t published = 0;
    /// Certainly not in the stream.
    std::uint64_t failed = 0;
    /// Perhaps in the stream.
    std::uint64_t unknown = 0;
    /// Still unsettled when the deadline passed; always 0 after close().
    std::uint64_t timed_out = 0;
    /// Unsettled in paused lanes (see OnOrderedFailure), for which flush() does not wait; always 0
    /// after close().
    std::uint64_t paused = 0;
    /// After close(): in the outbox, for the next run to send.
    std::uint64_t kept = 0;
};

/// The dispatch function. Thread-safe: any number of threads may call one at the same time, and
/// for one partition key, if one call returns before another begins, the first is first in the
/// stream. Movable, not while in use. The destructor is close(close_deadline).
///
/// In a forked child an inherited one fails with `forked`, and its destructor does nothing: make a
/// new client and dispatch function there. (As with every library that has threads: a lock inside
/// malloc or OpenSSL that another thread held at the fork stays taken in the child; fork before the
/// traffic where you can.)
class Dispatch {
  public:
    Dispatch(Dispatch&&) noexcept = default;
    /// Closes what this one was before.
    Dispatch& operator=(Dispatch&& other) noexcept;
    Dispatch(const Dispatch&) = delete;
    Dispatch& operator=(const Dispatch&) = delete;
    ~Dispatch();

    /// Puts an event of this type into the stream. Never throws for bad input and never waits for
    /// the network: the result resolves with the event once Kinesis has acknowledged it, or with
    /// an Error. Blocks only while the memory budget is used up (see WhenFull).
    Published operator()(std::string_view type, const Json& data = {},
                         const EventOptions& options = {}) const {
        return write(type, data.present(), data.text(), options);
    }

    /// The same for a type of your own, or another library's JSON (see JsonWriter).
    template <EventData T>
    Published operator()(std::string_view type, const T& data,
                         const EventOptions& options = {}) const {
        std::string text;
        JsonWriter writer(text);
        to_event_data(writer, data);
        return write(type, true, text, options);
    }

    /// Data as bare text could mean JSON text or a JSON string: say lk::json(text), or write the
    /// string with a JsonWriter.
    template <class Text>
    requires std::convertible_to<const Text&, std::string_view> Published
    operator()(std::string_view type, const Text& data, const EventOptions& = {}) const = delete;

    /// Puts an existing event, with its own id, timestamp, source and key: a replay. What is empty
    /// is made new as in a dispatch(); shard, sequence number and attempts are ignored. Its result
    /// always keeps the event.
    Published event(const Event& existing, std::string_view explicit_hash_key = {}) const {
        detail::EventFields fields;
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

    /// Puts any bytes, without an envelope.
    Published record(std::string_view bytes, const RecordOptions& options = {}) const {
        detail::RecordFields fields;
        fields.bytes = bytes;
        fields.partition_key = options.partition_key;
        fields.explicit_hash_key = options.explicit_hash_key;
        fields.keep_event = options.keep_event;
        return write(fields);
    }

    /// Sends at once all that was dispatched before, and waits until it is settled, but no later
    /// than `deadline` from now. Fails with `would_deadlock` where it would wait for itself.
    Expected<FlushCounts, Error> flush(std::chrono::milliseconds deadline) const;

    /// Refuses new events from now on, drains, and after `deadline` fails what is left by name:
    /// `not_in_time`, with may_have_been_delivered where a request was under way. Calling it
    /// again waits again and counts nothing twice.
    Expected<FlushCounts, Error> close(std::chrono::milliseconds deadline);

    /// Lets a paused key's events go on. False when the key was not paused.
    bool resume(std::string_view partition_key) const;
    /// Fails the events that wait in a paused key's lane with `lane_paused`, and lets later ones go
    /// on. False when the key was not paused. With an outbox it waits for the disk: once it has
    /// returned, no later run sends what had been reported stored of them (docs/delivery.md).
    bool discard(std::string_view partition_key) const;

  private:
    friend Expected<Dispatch, Error> try_get_dispatch(const DispatchOptions& options);
    explicit Dispatch(std::shared_ptr<detail::Pipeline> pipeline) noexcept;

    Published write(std::string_view type, bool has_data, std::string_view data,
                    const EventOptions& options) const {
        const std::int64_t timestamp_ms =
            options.timestamp ? std::chrono::floor<std::chrono::milliseconds>(*options.timestamp)
                                    .time_since_epoch()
                                    .count()
                              : 0;
        // All at once, so that nothing is written twice: every dispatch() does this.
        return write(detail::EventFields{.has_data = has_data,
                                         .has_timestamp = options.timestamp.has_value(),
                                         .type = type,
                                         .data = data,
                                         .source_user_id = options.source_user_id,
                                         .partition_key = options.partition_key,
                                         .explicit_hash_key = options.explicit_hash_key,
                                         .id = options.id,
                                         .timestamp_ms = timestamp_ms,
                                         .timestamp_text = {},
                                         .producer_id = {},
                                         .keep_event = options.keep_event});
    }
    Published write(const detail::EventFields& fields) const;
    Published write(const detail::RecordFields& fields) const;

    std::shared_ptr<detail::Pipeline> pipeline_;
};

/// The dispatch function for a stream, or the Error that names the option that was refused, or says
/// that there is no such stream. Asks the client about the stream and waits for the answer, within
/// `check_stream_within`; not inside a callback of a result or on another thread of the library's,
/// for which the answer might be waiting.
[[nodiscard]] inline Expected<Dispatch, Error> try_get_dispatch(const DispatchOptions& options) {
    detail::DispatchSettings settings;
    settings.kinesis_client = &options.kinesis_client;
    settings.kinesis_stream = options.kinesis_stream;
    settings.producer_id = options.producer_id;
    settings.close_deadline_ms = options.close_deadline.count();
    settings.linger_ms = options.linger.count();
    settings.deliver_within_ms =
        options.deliver_within ? options.deliver_within->count() : detail::default_deliver_within;
    settings.request_timeout_ms = options.request_timeout.count();
    settings.max_requests_in_flight = options.max_requests_in_flight;
    settings.budget_bytes = options.budget_bytes;
    settings.when_full = static_cast<std::int32_t>(options.when_full);
    settings.executor = &options.executor;
    std::function<void(int, std::string_view)> log;
    if (options.log) {
        log = [hook = options.log](int level, std::string_view line) {
            hook(static_cast<LogLevel>(level), line);
        };
    }
    settings.log = &log;
    settings.budget_events = options.budget_events;
    settings.share_per_key = options.share_per_key;
    settings.share_per_shard = options.share_per_shard;
    settings.max_suspended = options.max_suspended;
    settings.ordered = options.ordering == Ordering::per_key;
    settings.pause_on_failure = options.on_ordered_failure == OnOrderedFailure::pause;
    settings.aggregate_bytes = options.aggregate_bytes;
    settings.aggregate_partition_key = options.aggregate_partition_key;
    settings.max_rate_per_shard = options.max_rate_per_shard;
    settings.check_stream_within_ms = options.check_stream_within.count();
    settings.outbox_directory = options.outbox.directory;
    settings.outbox_max_bytes = options.outbox.max_bytes;
    settings.outbox_sync = static_cast<std::int32_t>(options.outbox.sync);
    settings.outbox_sync_interval_ms = options.outbox.sync_interval.count();
    settings.dead_letter_callback = &options.dead_letters.callback;
    settings.dead_letter_file = options.dead_letters.file;
    settings.dead_letter_stream = options.dead_letters.stream;
    settings.on_settled = &options.on_settled;
    auto opened = detail::open_pipeline(settings);
    if (!opened) return std::move(opened).error();
    return Dispatch(std::move(opened).value());
}

/// The same; throws DispatchError (`bad_option`, `stream_not_found`, `outbox`, `forked`).
[[nodiscard]] inline Dispatch get_dispatch(const DispatchOptions& options) {
    auto made = try_get_dispatch(options);
    if (!made) throw DispatchError(std::move(made).error());
    return std::move(made).value();
}

}  // namespace lk
