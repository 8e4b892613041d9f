#include "pipeline/pipeline.hpp"

#include <array>
#include <chrono>
#include <memory>
#include <optional>

#include "base/counted.hpp"
#include "base/random.hpp"
#include "event/envelope.hpp"
#include "event/hash_key.hpp"
#include "event/identity.hpp"
#include "event/json_text.hpp"
#include "pipeline/completions.hpp"
#include "pipeline/input_checks.hpp"
#include "pipeline/slot.hpp"

namespace lk::detail {
namespace {

// What a dispatching thread works with, made once for each.
struct Workbench {
    ~Workbench() { gone = true; }
    RandomBytes random;
    event::TimestampWriter timestamps;
    event::JsonChecker json;
    // Outlives the workbench, as nothing is to be destroyed: destructors of a thread's or of the
    // program's other objects may dispatch, too.
    static thread_local bool gone;
};
thread_local bool Workbench::gone = false;

// What white space may blow a record of 10 MiB up to before it is not worth the memory to look.
constexpr std::size_t longest_data_text = std::size_t{64} * 1024 * 1024;

// `spare` serves threads that are ending. On the heap: kilobytes in an optional would be zeroed for
// each event.
Workbench& workbench(std::unique_ptr<Workbench>& spare) {
    if (Workbench::gone) return *(spare = std::make_unique<Workbench>());
    thread_local Workbench own;
    return own;
}

// How much later than its deadline a flush() or close() gives up on a driver that does not answer:
// a client holds its thread up, which breaks the client's contract. A driver that has much to end,
// on a machine that has much to do, takes a while, too.
constexpr std::chrono::milliseconds patience{2000};

constexpr int most_redraws = 16;

std::string as_json_string(std::string_view text) {
    std::string json(event::json_string_bytes(text), '\0');
    event::write_json_string(json.data(), text);
    return json;
}

TimePoint deadline_from_now(std::chrono::milliseconds wait) {
    const TimePoint now = std::chrono::steady_clock::now();
    if (wait <= std::chrono::milliseconds::zero()) return now;
    // Whoever says milliseconds::max() means never. Compared in the coarser unit: the finer one
    // would overflow.
    return std::chrono::floor<std::chrono::milliseconds>(never - now) <= wait ? never : now + wait;
}

Error paused(std::string_view partition_key) {
    return {ErrorCode::lane_paused,
            "events of partition key \"" + std::string(partition_key) +
                "\" wait since one of them failed (on_ordered_failure): call resume() or discard() "
                "with the key",
            false, 0};
}

Error forked() {
    return {ErrorCode::forked,
            "this dispatch function was made before the process forked: get a new one in the child",
            false, 0};
}

}  // namespace

Pipeline::Pipeline(PipelineOptions options)
    : completions_(options.driver.completions),
      producer_id_json_(as_json_string(options.producer_id)),
      close_deadline_(options.close_deadline),
      when_full_(options.when_full),
      ordered_(options.ordered),
      driver_(std::make_shared<pipeline::Driver>(std::move(options.driver))) {}

std::optional<Error> Pipeline::begin() {
    auto error = driver_->begin();
    driver_->attach();
    attached_ = true;
    // Nothing has been sent yet, and nothing is.
    if (error) driver_->close(std::chrono::steady_clock::now());
    return error;
}

Pipeline::~Pipeline() {
    if (driver_->loop().inherited()) {
        // Its threads, locks and connections are the parent's.
        keep_for_good(driver_);
        keep_for_good(completions_);
        return;
    }
    // Its making ended in the middle, so nobody would end a wait.
    if (!attached_) {
        completions_->close();
        return;
    }
    const TimePoint deadline = deadline_from_now(close_deadline_);
    const auto closing = driver_->close(deadline);
    if (!may_wait()) {
        completions_->close();
        return;
    }
    // Where it is not over in time the driver's loop keeps what it needs.
    if (!wait(*closing, deadline)) return;
    // The loop lets go of the driver first, so that it, and with it perhaps the client and the loop
    // itself, ends on this thread: nothing of ours then still runs when main() returns.
    driver_->detach_and_wait();
    completions_->wait_until_idle(deadline);
    // A callback that ran here has forked, and this is the child.
    if (driver_->loop().inherited()) {
        keep_for_good(driver_);
        keep_for_good(completions_);
    }
}

bool Pipeline::may_wait() const noexcept {
    return !pipeline::Completions::inside() && !driver_->loop().on_loop_thread();
}

Published Pipeline::fail(Error error) const {
    return Slot::failed(std::move(error), completions_);
}

Published Pipeline::write_event(const EventFields& fields) {
    if (driver_->loop().inherited()) return fail(forked());
    if (auto error = pipeline::check_fields(fields)) return fail(std::move(*error));
    std::unique_ptr<Workbench> spare;
    Workbench& bench = workbench(spare);

    event::Envelope envelope;
    envelope.type = fields.type;
    envelope.user_id = fields.source_user_id;
    if (fields.has_data) {
        if (fields.data.size() > longest_data_text) {
            return fail(
                {ErrorCode::too_large,
                 "data is a text of " + std::to_string(fields.data.size()) +
                     " bytes; Kinesis takes records of 10485760 at most, and text longer than " +
                     std::to_string(longest_data_text) + " is not looked into for white space",
                 false, 0});
        }
        auto compact = bench.json.compact(fields.data);
        if (!compact) {
            return fail({ErrorCode::not_json,
                         "data (" + counted(fields.data.size(), "byte", "bytes") +
                             ") is not JSON: " + compact.error().message,
                         false, 0});
        }
        envelope.has_data = true;
        envelope.data = *compact;
    }

    std::array<char, event::uuid_bytes> key_text;
    std::array<char, event::uuid_bytes> id_text;
    std::array<char, event::timestamp_bytes> timestamp_text;
    // In the order in which the seed draws them: the key, then the id; but at once.
    std::array<std::uint8_t, 2 * event::random_uuid_bytes> drawn;
    std::span<const std::uint8_t> wanted(
        drawn.data(), ((fields.partition_key.empty() ? 1U : 0U) + (fields.id.empty() ? 1U : 0U)) *
                          event::random_uuid_bytes);
    if (!wanted.empty()) bench.random.fill({drawn.data(), wanted.size()});
    if (fields.partition_key.empty()) {
        write_key(key_text.data(), wanted.first<event::random_uuid_bytes>(), bench.random);
        envelope.partition_key = event::JsonString::plain({key_text.data(), key_text.size()});
    } else {
        envelope.partition_key = fields.partition_key;
    }
    if (fields.id.empty()) {
        event::write_uuid(id_text.data(), wanted.last<event::random_uuid_bytes>());
        envelope.id = event::JsonString::plain({id_text.data(), id_text.size()});
    } else {
        envelope.id = fields.id;
    }
    if (fields.timestamp_text.empty()) {
        bench.timestamps.write(timestamp_text.data(),
                               fields.has_timestamp ? fields.timestamp_ms : system_now_ms());
        envelope.timestamp =
            event::JsonString::plain({timestamp_text.data(), timestamp_text.size()});
    } else {
        envelope.timestamp = fields.timestamp_text;
    }
    std::string other_producer;
    envelope.producer_id_json = producer_id_json_;
    if (!fields.producer_id.empty()) {
        other_producer = as_json_string(fields.producer_id);
        envelope.producer_id_json = other_producer;
    }

    pipeline::Draft draft;
    draft.envelope = &envelope;
    draft.data_bytes = event::envelope_bytes(envelope);
    draft.partition_key = envelope.partition_key.text();
    draft.explicit_hash_key = fields.explicit_hash_key;
    draft.keep_event = fields.keep_event;
    return accept(draft, fields.partition_key.empty());
}

Published Pipeline::write_record(const RecordFields& fields) {
    if (driver_->loop().inherited()) return fail(forked());
    if (auto error = pipeline::check_partition_key(fields.partition_key)) {
        return fail(std::move(*error));
    }
    if (auto error = pipeline::check_explicit_hash_key(fields.explicit_hash_key)) {
        return fail(std::move(*error));
    }
    std::array<char, event::uuid_bytes> key_text;
    pipeline::Draft draft;
    draft.bytes = fields.bytes;
    draft.data_bytes = fields.bytes.size();
    draft.partition_key = fields.partition_key;
    draft.explicit_hash_key = fields.explicit_hash_key;
    draft.keep_event = fields.keep_event;
    if (fields.partition_key.empty()) {
        std::unique_ptr<Workbench> spare;
        RandomBytes& random = workbench(spare).random;
        std::array<std::uint8_t, event::random_uuid_bytes> drawn;
        random.fill(drawn);
        write_key(key_text.data(), drawn, random);
        draft.partition_key = {key_text.data(), key_text.size()};
    }
    return accept(draft, fields.partition_key.empty());
}

// A key that is ours to choose is one for a shard that has room: where the one drawn is not,
// another.
void Pipeline::write_key(char* out, event::UuidBytes drawn, RandomBytes& random) const {
    event::write_uuid(out, drawn);
    const pipeline::Budget& budget = driver_->budget();
    for (int redraws = 0; redraws < most_redraws && budget.any_shard_full(); ++redraws) {
        if (!budget.in_full_shard(event::hash_of_partition_key({out, event::uuid_bytes}))) return;
        event::write_uuid(out, random);
    }
}

Published Pipeline::accept(pipeline::Draft& draft, bool random_key) {
    if (auto error = pipeline::check_record_bytes(draft.data_bytes + draft.partition_key.size())) {
        return fail(std::move(*error));
    }
    if (ordered_ && !random_key) {
        draft.lane = driver_->intake().lane_of(draft.partition_key);
        if (driver_->paused_lanes().contains(draft.lane)) return fail(paused(draft.partition_key));
    }
    if (auto error = find_room(draft)) return fail(std::move(*error));
    Slot* const slot = driver_->intake().write(draft);
    if (slot == nullptr) {
        return fail({ErrorCode::closed,
                     "this dispatch function was closed: get a new one with get_dispatch()", false,
                     0});
    }
    return Slot::of(slot);
}

std::optional<Error> Pipeline::find_room(pipeline::Draft& draft) {
    pipeline::Budget& budget = driver_->budget();
    pipeline::Budget::Asker asker{.lane = draft.lane};
    // An outbox has room for a shard that is full.
    if (budget.any_shard_full() && !driver_->has_outbox()) {
        const auto given = event::parse_hash_key(draft.explicit_hash_key);
        asker.hash_key = given ? *given : event::hash_of_partition_key(draft.partition_key);
        asker.has_hash_key = true;
    }
    const auto answer = budget.ask(asker);
    if (answer == pipeline::Budget::Answer::room) return std::nullopt;
    // What lingers must go, or it would keep the room.
    driver_->hurry();
    switch (when_full_) {
        case WhenFull::suspend:
            draft.suspended = budget.suspend();
            if (draft.suspended) return std::nullopt;
            [[fallthrough]];
        case WhenFull::fail: return no_room(answer, draft.partition_key);
        case WhenFull::block: break;
    }
    if (driver_->loop().on_loop_thread()) {
        return pipeline::Completions::would_deadlock("dispatch() with its budget full");
    }
    const auto is_paused = [&] { return driver_->paused_lanes().contains(draft.lane); };
    budget.wait_for_room(asker, is_paused);
    if (is_paused()) return paused(draft.partition_key);
    return std::nullopt;
}

Error Pipeline::no_room(pipeline::Budget::Answer why, std::string_view partition_key) const {
    using pipeline::Budget;
    using Answer = Budget::Answer;
    const Budget& budget = driver_->budget();
    std::string message;
    if (why == Answer::key_full) {
        message = "unsettled events of partition key \"" + std::string(partition_key) +
                  "\" hold the " + std::to_string(budget.options().most_held_by_key) +
                  " bytes that one key may hold (share_per_key of budget_bytes): dispatch it more "
                  "slowly, or raise either";
    } else if (why == Answer::shard_full) {
        message = "unsettled events for the shard of partition key \"" +
                  std::string(partition_key) +
                  "\", which throttles, hold what one shard may hold (share_per_shard of "
                  "budget_bytes): dispatch more slowly, or add shards";
    } else if (why == Answer::outbox_full) {
        return {
            ErrorCode::outbox,
            "the outbox holds what it may hold (outbox.max_bytes): dispatch more slowly, or raise "
            "it",
            false, 0};
    } else {
        message = counted(budget.events(), "unsettled event holds ", "unsettled events hold ") +
                  std::to_string(budget.held()) + " bytes; the budget is " +
                  counted(budget.options().events, "event", "events") + " (budget_events) and " +
                  std::to_string(budget.bytes()) +
                  " bytes (budget_bytes): dispatch more slowly, or raise it";
        if (budget.paused_keys() != 0) {
            message += "; of the bytes " +
                       std::to_string(budget.paused_keys() * Budget::bytes_a_paused_key) +
                       " are for " + std::to_string(budget.paused_keys()) +
                       " paused keys: resume() or discard() them";
        }
    }
    if (when_full_ == WhenFull::suspend) {
        message += "; " + std::to_string(budget.options().most_suspended) +
                   " events more are suspended (max_suspended)";
    }
    return {ErrorCode::full, std::move(message), false, 0};
}

Expected<FlushCounts, Error> Pipeline::flush(std::chrono::milliseconds deadline) {
    if (driver_->loop().inherited()) return forked();
    if (!may_wait()) return pipeline::Completions::would_deadlock("flush()");
    const TimePoint until = deadline_from_now(deadline);
    return wait(*driver_->flush(until), until);
}

Expected<FlushCounts, Error> Pipeline::close(std::chrono::milliseconds deadline) {
    if (driver_->loop().inherited()) return forked();
    if (!may_wait()) return pipeline::Completions::would_deadlock("close()");
    const TimePoint until = deadline_from_now(deadline);
    return wait(*driver_->close(until), until);
}

Expected<FlushCounts, Error> Pipeline::wait(pipeline::FlushWait& wait, TimePoint deadline) {
    if (auto counts = wait.wait_until(never - deadline <= patience ? never : deadline + patience)) {
        return *counts;
    }
    return Error{ErrorCode::client_failed,
                 "the Kinesis client has held up the thread that drives it past the deadline: its "
                 "calls must return soon",
                 false, 0};
}

// What else stands in the way (a network that is down, a permission) may be mended while the events
// wait, or is not needed for them.
std::optional<Error> Pipeline::look_at_stream(std::chrono::milliseconds wait) {
    if (!may_wait()) return std::nullopt;
    const auto facts = driver_->first_look().wait_until(deadline_from_now(wait));
    if (!facts) return std::nullopt;
    if (*facts) {
        if ((*facts)->status != "DELETING") return std::nullopt;
        return Error{ErrorCode::stream_not_found,
                     "stream \"" + (*facts)->stream_name +
                         "\" is being deleted: create it anew, or give another one",
                     false, 0};
    }
    const Failure& failure = facts->error();
    if (failure.code != ErrorCode::stream_not_found && failure.code != ErrorCode::bad_option) {
        return std::nullopt;
    }
    return Error{failure.code, failure.message, false, 0};
}

bool Pipeline::resume(std::string_view partition_key) {
    if (driver_->loop().inherited()) return false;
    return driver_->resume(driver_->intake().lane_of(partition_key), std::nullopt);
}

bool Pipeline::discard(std::string_view partition_key) {
    if (driver_->loop().inherited()) return false;
    return driver_->resume(
        driver_->intake().lane_of(partition_key),
        Error{ErrorCode::lane_paused,
              "an earlier event of its partition key failed, and discard() was called for the key",
              false, 0});
}

}  // namespace lk::detail
