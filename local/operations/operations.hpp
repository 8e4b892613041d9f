#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include <lk/expected.hpp>

#include "base/clock.hpp"
#include "local/faults/fault_plan.hpp"
#include "local/operations/refusal.hpp"
#include "local/store/store.hpp"
#include "wire/document.hpp"

namespace lk::local {

/// What operations work on. Its clocks are functions so that time can be moved.
struct Environment {
    Store& store;
    bool enforce_limits = false;
    /// Milliseconds since the epoch.
    std::function<std::int64_t()> now_ms;
    std::function<TimePoint()> steady_now;
};

/// A request that is an object, and how it came.
struct Request {
    const wire::Document& members;
    wire::Encoding encoding;
    RecordFaults faults = {};
};

/// The answer's document, null for an empty body; or why there is none.
using Outcome = Expected<wire::Document, Refusal>;

// One operation each: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_Operations.html
[[nodiscard]] Outcome create_stream(const Environment& environment, const Request& request);
[[nodiscard]] Outcome delete_stream(const Environment& environment, const Request& request);
[[nodiscard]] Outcome describe_stream(const Environment& environment, const Request& request);
[[nodiscard]] Outcome describe_stream_summary(const Environment& environment,
                                              const Request& request);
[[nodiscard]] Outcome get_records(const Environment& environment, const Request& request);
[[nodiscard]] Outcome get_shard_iterator(const Environment& environment, const Request& request);
[[nodiscard]] Outcome list_shards(const Environment& environment, const Request& request);
[[nodiscard]] Outcome list_streams(const Environment& environment, const Request& request);
[[nodiscard]] Outcome merge_shards(const Environment& environment, const Request& request);
[[nodiscard]] Outcome put_record(const Environment& environment, const Request& request);
[[nodiscard]] Outcome split_shard(const Environment& environment, const Request& request);

/// From body to body: it is the operation that must be fast, so it passes by the document wherever
/// the request has the usual shape.
[[nodiscard]] Expected<std::string, Refusal> put_records(const Environment& environment,
                                                         wire::Encoding encoding,
                                                         std::string_view body,
                                                         RecordFaults faults);

/// A body read as a document; a SerializationException if it is none.
[[nodiscard]] Outcome read_request(wire::Encoding encoding, std::string_view body);

/// What the store's errors are to a client.
[[nodiscard]] Refusal refuse(const StoreError& error, std::string_view stream);
/// What a record's fault is to a client.
[[nodiscard]] Refusal refuse(const RecordFault& fault, std::string_view shard,
                             std::string_view stream);

}  // namespace lk::local
