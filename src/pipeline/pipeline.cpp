#include "pipeline/pipeline.hpp"

#include <array>
#include <chrono>

#include "base/random.hpp"
#include "event/envelope.hpp"
#include "event/identity.hpp"
#include "event/json_text.hpp"
#include "pipeline/completions.hpp"
#include "pipeline/input_checks.hpp"
#include "pipeline/slot.hpp"

namespace lk::detail {
namespace {

// What a dispatching thread works with, made once for each.
struct Workbench {
    RandomBytes random;
    event::TimestampWriter timestamps;
    event::JsonChecker json;
};

// What white space may blow a record of 10 MiB up to before it is not worth the memory to look.
constexpr std::size_t longest_data_text = std::size_t{64} * 1024 * 1024;

Workbench& workbench() {
    thread_local Workbench own;
    return own;
}

std::string as_json_string(std::string_view text) {
    std::string json(event::json_string_bytes(text), '\0');
    event::write_json_string(json.data(), text);
    return json;
}

std::int64_t now_ms() {
    using namespace std::chrono;
    return floor<milliseconds>(system_clock::now()).time_since_epoch().count();
}

TimePoint deadline_from_now(std::chrono::milliseconds wait) {
    const TimePoint now = std::chrono::steady_clock::now();
    if (wait <= std::chrono::milliseconds::zero()) return now;
    // Whoever says milliseconds::max() means never.
    return never - now <= wait ? never : now + wait;
}

}  // namespace

Pipeline::Pipeline(PipelineOptions options)
    : completions_(options.driver.completions),
      producer_id_json_(as_json_string(options.producer_id)),
      close_deadline_(options.close_deadline),
      fail_when_full_(options.fail_when_full),
      driver_(std::make_shared<pipeline::Driver>(std::move(options.driver))) {
    driver_->attach();
}

Pipeline::~Pipeline() {
    const TimePoint deadline = deadline_from_now(close_deadline_);
    const auto closing = driver_->close(deadline);
    if (!may_wait()) return;
    closing->wait();
    // The loop lets go of the driver first, so that it, and with it perhaps the client and the loop
    // itself, ends on this thread: nothing of ours then still runs when main() returns.
    driver_->detach_and_wait();
    completions_->wait_until_idle(deadline);
}

bool Pipeline::may_wait() const noexcept {
    return !pipeline::Completions::inside() && !driver_->loop().on_loop_thread();
}

Published Pipeline::fail(Error error) const {
    return Slot::failed(std::move(error), completions_);
}

Published Pipeline::write_event(const EventFields& fields) {
    if (auto error = pipeline::check_fields(fields)) return fail(std::move(*error));
    Workbench& bench = workbench();

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
                         "data (" + std::to_string(fields.data.size()) +
                             " bytes) is not JSON: " + compact.error().message,
                         false, 0});
        }
        envelope.has_data = true;
        envelope.data = *compact;
    }

    // In the order in which the seed draws them: the key, then the id.
    std::array<char, event::uuid_bytes> key_text;
    std::array<char, event::uuid_bytes> id_text;
    std::array<char, event::timestamp_bytes> timestamp_text;
    envelope.partition_key = fields.partition_key;
    if (fields.partition_key.empty()) {
        event::write_uuid(key_text.data(), bench.random);
        envelope.partition_key = {key_text.data(), key_text.size()};
    }
    envelope.id = fields.id;
    if (fields.id.empty()) {
        event::write_uuid(id_text.data(), bench.random);
        envelope.id = {id_text.data(), id_text.size()};
    }
    envelope.timestamp = fields.timestamp_text;
    if (fields.timestamp_text.empty()) {
        bench.timestamps.write(timestamp_text.data(),
                               fields.has_timestamp ? fields.timestamp_ms : now_ms());
        envelope.timestamp = {timestamp_text.data(), timestamp_text.size()};
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
    draft.partition_key = envelope.partition_key;
    draft.explicit_hash_key = fields.explicit_hash_key;
    draft.random_key = fields.partition_key.empty();
    return accept(draft);
}

Published Pipeline::write_record(std::string_view bytes, const RecordOptions& options) {
    if (auto error = pipeline::check_partition_key(options.partition_key)) {
        return fail(std::move(*error));
    }
    if (auto error = pipeline::check_explicit_hash_key(options.explicit_hash_key)) {
        return fail(std::move(*error));
    }
    std::array<char, event::uuid_bytes> key_text;
    pipeline::Draft draft;
    draft.bytes = bytes;
    draft.data_bytes = bytes.size();
    draft.partition_key = options.partition_key;
    draft.explicit_hash_key = options.explicit_hash_key;
    if (options.partition_key.empty()) {
        event::write_uuid(key_text.data(), workbench().random);
        draft.partition_key = {key_text.data(), key_text.size()};
        draft.random_key = true;
    }
    return accept(draft);
}

Published Pipeline::accept(const pipeline::Draft& draft) {
    if (auto error = pipeline::check_record_bytes(draft.data_bytes + draft.partition_key.size())) {
        return fail(std::move(*error));
    }
    pipeline::Budget& budget = driver_->budget();
    if (!budget.has_room()) {
        if (fail_when_full_) {
            return fail({ErrorCode::full,
                         "unsettled events hold " + std::to_string(budget.held()) + " of " +
                             std::to_string(budget.bytes()) +
                             " bytes (budget_bytes): dispatch more slowly, or raise it",
                         false, 0});
        }
        if (driver_->loop().on_loop_thread()) {
            return fail(pipeline::Completions::would_deadlock("dispatch() with its budget full"));
        }
        budget.wait_for_room();
    }
    Slot* const slot = driver_->intake().write(draft);
    if (slot == nullptr) {
        return fail({ErrorCode::closed,
                     "this dispatch function was closed: get a new one with get_dispatch()", false,
                     0});
    }
    return Slot::of(slot);
}

Expected<FlushCounts, Error> Pipeline::flush(std::chrono::milliseconds deadline) {
    if (!may_wait()) return pipeline::Completions::would_deadlock("flush()");
    return driver_->flush(deadline_from_now(deadline))->wait();
}

Expected<FlushCounts, Error> Pipeline::close(std::chrono::milliseconds deadline) {
    if (!may_wait()) return pipeline::Completions::would_deadlock("close()");
    return driver_->close(deadline_from_now(deadline))->wait();
}

}  // namespace lk::detail
