#include "event/envelope.hpp"
#include "event/envelope_words.hpp"
#include "event/exact_json.hpp"
#include "event/json_text.hpp"

namespace lk::event {
namespace {

/// Reads what write_envelope writes and nothing else: an event written in any other way would not
/// give the same bytes again.
class EnvelopeReader {
  public:
    explicit EnvelopeReader(std::string_view json) : left_(json) {}

    bool word(std::string_view text) {
        if (!left_.starts_with(text)) return false;
        left_.remove_prefix(text.size());
        return true;
    }

    bool string(std::string& out) { return read_json_string(left_, out); }

    bool value(std::string& out) {
        ExactJson json(left_, nullptr);
        const char* const end = json.value(left_.data());
        if (end == nullptr) return false;
        out.assign(left_.data(), end);
        left_.remove_prefix(out.size());
        return true;
    }

    [[nodiscard]] bool at_end() const { return left_.empty(); }

  private:
    std::string_view left_;
};

}  // namespace

bool read_envelope(std::string_view json, Event& out) {
    EnvelopeReader reader(json);
    if (!reader.word(words::id) || !reader.string(out.id)) return false;
    if (!reader.word(words::type) || !reader.string(out.type)) return false;
    out.data.reset();
    if (reader.word(words::data) && !reader.value(out.data.emplace())) return false;
    if (!reader.word(words::timestamp) || !reader.string(out.timestamp)) return false;
    if (!reader.word(words::user_id)) return false;
    out.source.user_id.reset();
    if (!reader.word(words::null)) {
        std::string& user_id = out.source.user_id.emplace();
        if (!reader.string(user_id) || user_id.empty()) return false;
    }
    if (!reader.word(words::producer_id) || !reader.string(out.source.producer_id)) return false;
    if (!reader.word(words::partition_key) || !reader.string(out.source.kinesis_partition_key)) {
        return false;
    }
    return reader.word(words::end) && reader.at_end();
}

}  // namespace lk::event
