#include "event/envelope.hpp"

#include <algorithm>

#include "event/envelope_words.hpp"

namespace lk::event {
namespace {

char* write_text(char* out, std::string_view text) noexcept {
    return std::copy(text.begin(), text.end(), out);
}

}  // namespace

std::size_t envelope_bytes(const Envelope& envelope) noexcept {
    std::size_t bytes = words::id.size() + envelope.id.bytes();
    bytes += words::type.size() + envelope.type.bytes();
    if (envelope.has_data) bytes += words::data.size() + envelope.data.size();
    bytes += words::timestamp.size() + envelope.timestamp.bytes();
    bytes += words::user_id.size();
    bytes += envelope.user_id.empty() ? words::null.size() : envelope.user_id.bytes();
    bytes += words::producer_id.size() + envelope.producer_id_json.size();
    bytes += words::partition_key.size() + envelope.partition_key.bytes();
    return bytes + words::end.size();
}

char* write_envelope(char* out, const Envelope& envelope) noexcept {
    out = write_text(out, words::id);
    out = envelope.id.write(out);
    out = write_text(out, words::type);
    out = envelope.type.write(out);
    if (envelope.has_data) {
        out = write_text(out, words::data);
        out = write_text(out, envelope.data);
    }
    out = write_text(out, words::timestamp);
    out = envelope.timestamp.write(out);
    out = write_text(out, words::user_id);
    out = envelope.user_id.empty() ? write_text(out, words::null) : envelope.user_id.write(out);
    out = write_text(out, words::producer_id);
    out = write_text(out, envelope.producer_id_json);
    out = write_text(out, words::partition_key);
    out = envelope.partition_key.write(out);
    return write_text(out, words::end);
}

}  // namespace lk::event
