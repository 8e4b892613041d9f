#include <lk/event.hpp>

#include "base/random.hpp"
#include "event/envelope.hpp"
#include "event/identity.hpp"
#include "event/json_text.hpp"

namespace lk {

std::string new_event_id() {
    thread_local RandomBytes random;
    std::string id(event::uuid_bytes, '\0');
    event::write_uuid(id.data(), random);
    return id;
}

std::string Event::json() const {
    if (id.empty() && type.empty() && timestamp.empty()) return data.value_or(std::string());
    std::string producer_id(event::json_string_bytes(source.producer_id), '\0');
    event::write_json_string(producer_id.data(), source.producer_id);
    const event::Envelope envelope{
        .id = id,
        .type = type,
        .has_data = data.has_value(),
        .data = data ? std::string_view(*data) : std::string_view(),
        .timestamp = timestamp,
        .user_id = source.user_id ? std::string_view(*source.user_id) : std::string_view(),
        .producer_id_json = producer_id,
        .partition_key = source.kinesis_partition_key,
    };
    std::string text(event::envelope_bytes(envelope), '\0');
    event::write_envelope(text.data(), envelope);
    return text;
}

}  // namespace lk
