#pragma once

#include <cstddef>
#include <string_view>

#include <lk/event.hpp>

#include "event/json_text.hpp"

namespace lk::event {

/// What goes into an event, checked already: all text is UTF-8, `data` is compact JSON.
///
///     {"id":…,"type":…[,"data":…],"timestamp":…,
///      "source":{"userId":…|null,"producerId":…,"kinesisPartitionKey":…}}
struct Envelope {
    JsonString id = {};
    JsonString type = {};
    bool has_data = false;
    std::string_view data = {};
    JsonString timestamp = {};
    /// Empty is written as null.
    JsonString user_id = {};
    /// As a finished JSON string with its quotes: it seldom changes.
    std::string_view producer_id_json = {};
    JsonString partition_key = {};
};

/// The exact size of the event.
[[nodiscard]] std::size_t envelope_bytes(const Envelope& envelope) noexcept;
/// Writes it; returns the end.
char* write_envelope(char* out, const Envelope& envelope) noexcept;

/// Reads back what write_envelope wrote, byte for byte: the same event in any other JSON is
/// refused, so that what was read writes the same bytes again. Fills the fields that the text holds
/// and leaves the others of `out`, such as the shard, alone. False when the text is something else;
/// `out` is then unspecified.
[[nodiscard]] bool read_envelope(std::string_view json, Event& out);

}  // namespace lk::event
