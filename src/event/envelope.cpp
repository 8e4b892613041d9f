#include "event/envelope.hpp"

#include <algorithm>

#include "event/envelope_words.hpp"
#include "event/json_text.hpp"

namespace lk::event {
namespace {

char* write_text(char* out, std::string_view text) noexcept {
    return std::copy(text.begin(), text.end(), out);
}

}  // namespace

std::size_t envelope_bytes(const Envelope& envelope) noexcept {
    std::size_t bytes = words::id.size() + json_string_bytes(envelope.id);
    bytes += words::type.size() + json_string_bytes(envelope.type);
    if (envelope.has_data) bytes += words::data.size() + envelope.data.size();
    bytes += words::timestamp.size() + json_string_bytes(envelope.timestamp);
    bytes += words::user_id.size();
    bytes += envelope.user_id.empty() ? words::null.size() : json_string_bytes(envelope.user_id);
    bytes += words::producer_id.size() + envelope.producer_id_json.size();
    bytes += words::partition_key.size() + json_string_bytes(envelope.partition_key);
    return bytes + words::end.size();
}

char* write_envelope(char* out, const Envelope& envelope) noexcept {
    out = write_text(out, words::id);
    out = write_json_string(out, envelope.id);
    out = write_text(out, words::type);
    out = write_json_string(out, envelope.type);
    if (envelope.has_data) {
        out = write_text(out, words::data);
        out = write_text(out, envelope.data);
    }
    out = write_text(out, words::timestamp);
    out = write_json_string(out, envelope.timestamp);
    out = write_text(out, words::user_id);
    out = envelope.user_id.empty() ? write_text(out, words::null)
                                   : write_json_string(out, envelope.user_id);
    out = write_text(out, words::producer_id);
    out = write_text(out, envelope.producer_id_json);
    out = write_text(out, words::partition_key);
    out = write_json_string(out, envelope.partition_key);
    return write_text(out, words::end);
}

}  // namespace lk::event
