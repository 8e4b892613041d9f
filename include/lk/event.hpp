#pragma once

#include <optional>
#include <string>

namespace lk {

/// Who dispatched an event, and under which key it stands in the stream.
struct Source {
    /// The user on whose behalf; absent is written as null.
    std::optional<std::string> user_id = {};
    /// The service or host that dispatched it.
    std::string producer_id = {};
    /// The record's partition key: events with equal keys keep their order.
    std::string kinesis_partition_key = {};
};

/// An event as it stands in the stream. Owns its text.
///
/// For a record put with Dispatch::record() there is no envelope: `data` holds its bytes,
/// `source.kinesis_partition_key` its key, and id, type, timestamp and producer_id are empty.
struct Event {
    std::string id = {};
    std::string type = {};
    /// JSON text without white space; absent when the event has no data member.
    std::optional<std::string> data = {};
    /// `YYYY-MM-DDTHH:mm:ss.sssZ`, UTC.
    std::string timestamp = {};
    Source source = {};

    /// Where Kinesis put it; empty on an event that was not read from a result.
    std::string shard_id = {};
    /// A decimal number as text, rising within the shard.
    std::string sequence_number = {};
    /// How many times it was sent; 1 when the first time succeeded.
    int attempts = 0;
    /// True when an earlier attempt had an unknown outcome, so the stream may hold a second copy.
    bool may_be_duplicate = false;
    /// True when it went in an aggregate that landed on another shard than its key's own, as the
    /// stream was resharded meanwhile; also when the new shards were not known yet, so that it may.
    bool on_other_shard = false;

    /// The event's JSON text: for an event from a result, the record's own bytes.
    [[nodiscard]] std::string json() const;
};

/// A fresh id, as dispatch() draws one for an event that is given none: a UUID v4. Thread-safe.
[[nodiscard]] std::string new_event_id();

}  // namespace lk
