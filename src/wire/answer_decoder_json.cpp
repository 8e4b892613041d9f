#include <simdjson.h>

#include <cstring>

#include "wire/answer_decoders.hpp"

namespace lk::wire {
namespace {

constexpr std::size_t max_depth = 32;

// simdjson reads on beyond the text's end and needs memory of its own, several times the text's
// size: kept by each thread, as answers come by the thousand; given back after a large one.
class Workplace {
  public:
    simdjson::simdjson_result<simdjson::dom::element> parse(std::string_view bytes) {
        text_.clear();
        text_.reserve(bytes.size() + simdjson::SIMDJSON_PADDING);
        text_ += bytes;
        if (parser_.capacity() < bytes.size()) {
            if (const auto error = parser_.allocate(bytes.size(), max_depth)) return error;
        }
        constexpr bool text_is_padded = false;
        return parser_.parse(text_.data(), bytes.size(), text_is_padded);
    }

    void give_back_if_large() {
        // Over those of 500 records that were throttled.
        constexpr std::size_t kept_bytes = 256 * 1024;
        if (text_.capacity() <= kept_bytes) return;
        std::string().swap(text_);
        parser_ = simdjson::dom::parser();
    }

  private:
    simdjson::dom::parser parser_;
    std::string text_;
};

class JsonAnswer {
  public:
    JsonAnswer(std::size_t bytes, std::size_t expected_records)
        : bytes_(bytes), expected_records_(expected_records) {}

    Expected<PutRecordsAnswer, std::string> read(const simdjson::dom::element& root) {
        simdjson::dom::object members;
        if (root.get(members) != simdjson::SUCCESS) return std::string("it is not an object");
        bool has_records = false;
        for (const auto [name, value] : members) {
            if (name != "Records") continue;
            if (has_records) return std::string("it has Records twice");
            has_records = true;
            if (!read_records(value)) return std::move(problem_);
        }
        if (!has_records) return std::string("it has no Records");
        return std::move(answer_);
    }

  private:
    bool read_records(const simdjson::dom::element& value) {
        simdjson::dom::array entries;
        if (value.get(entries) != simdjson::SUCCESS) return fail("Records is not an array");
        reserve(answer_, bytes_, expected_records_);
        for (const auto entry : entries) {
            if (!read_entry(entry)) return false;
        }
        return true;
    }

    bool read_entry(const simdjson::dom::element& value) {
        simdjson::dom::object members;
        if (value.get(members) != simdjson::SUCCESS) {
            return fail("entry " + std::to_string(answer_.size()) + " is not an object");
        }
        AnswerEntry entry;
        for (const auto [name, text] : members) {
            const auto member = AnswerEntry::member(name);
            if (member == AnswerEntry::unknown || text.is_null()) continue;
            if (text.get(entry.texts[member]) != simdjson::SUCCESS) {
                return fail(std::string(name) + " of entry " + std::to_string(answer_.size()) +
                            " is not text");
            }
        }
        return entry.add_to(answer_) || fail(entry_says_nothing(answer_.size()));
    }

    bool fail(std::string problem) {
        problem_ = std::move(problem);
        return false;
    }

    std::size_t bytes_;
    std::size_t expected_records_;
    PutRecordsAnswer answer_;
    std::string problem_;
};

}  // namespace

Expected<PutRecordsAnswer, std::string> decode_json_answer(std::string_view bytes,
                                                           std::size_t expected_records) {
    thread_local Workplace workplace;
    const auto root = workplace.parse(bytes);
    auto answer = root.error() == simdjson::SUCCESS
                      ? JsonAnswer(bytes.size(), expected_records).read(root.value_unsafe())
                      : std::string(simdjson::error_message(root.error()));
    workplace.give_back_if_large();
    return answer;
}

}  // namespace lk::wire
