#include "wire/answer_decoders.hpp"
#include "wire/cbor_reader.hpp"
#include "wire/entry_shape.hpp"

namespace lk::wire {
namespace {

class CborAnswer {
  public:
    CborAnswer(std::string_view bytes, std::size_t expected_records)
        : bytes_(bytes.size()), expected_records_(expected_records), reader_(bytes) {}

    Expected<PutRecordsAnswer, std::string> read() {
        CborHead head;
        CborItems members;
        std::string_view name;
        bool has_records = false;
        if (!reader_.head(CborKind::map, head) || !reader_.enter(head, members)) return problem();
        while (reader_.next(members)) {
            if (!read_name(name)) return problem();
            if (name != "Records") {
                if (!reader_.skip()) return problem();
                continue;
            }
            if (has_records) return std::string("it has Records twice");
            has_records = true;
            if (!read_records()) return problem();
        }
        if (!reader_.end()) return problem();
        if (!has_records) return std::string("it has no Records");
        return std::move(answer_);
    }

  private:
    bool read_records() {
        CborHead head;
        CborItems entries;
        if (!reader_.head(CborKind::array, head) || !reader_.enter(head, entries)) return false;
        reserve(answer_, bytes_, expected_records_);
        while (reader_.next(entries)) {
            AnswerEntry entry;
            if (!shape_.read(reader_, entry) && !read_entry(entry)) return false;
            if (!add(entry)) return false;
        }
        return !reader_.failed();
    }

    bool read_entry(AnswerEntry& entry) {
        CborHead head;
        CborItems members;
        std::string_view name;
        const std::string_view from = reader_.rest();
        if (!reader_.head(CborKind::map, head) || !reader_.enter(head, members)) return false;
        while (reader_.next(members)) {
            if (!read_name(name)) return false;
            const auto member = AnswerEntry::member(name);
            if (member == AnswerEntry::unknown) {
                if (!reader_.skip()) return false;
            } else if (!read_text(member, entry)) {
                return false;
            }
        }
        if (reader_.failed()) return false;
        shape_.learn(from.substr(0, from.size() - reader_.rest().size()), entry);
        return true;
    }

    bool add(const AnswerEntry& entry) {
        if (entry.add_to(answer_)) return true;
        problem_ = entry_says_nothing(answer_.size());
        return false;
    }

    bool read_name(std::string_view& name) {
        CborHead head;
        return reader_.head(CborKind::text, head) && reader_.string(head, joined_name_, name);
    }

    bool read_text(AnswerEntry::Member member, AnswerEntry& entry) {
        CborHead head;
        if (!reader_.head(head)) return false;
        if (head.is_null()) return true;
        if (head.kind != CborKind::text) return reader_.fail("a member that is not text");
        return reader_.string(head, joined_[member], entry.texts[member]);
    }

    std::string problem() { return problem_.empty() ? reader_.problem_text() : problem_; }

    std::size_t bytes_;
    std::size_t expected_records_;
    CborReader reader_;
    PutRecordsAnswer answer_;
    EntryShape shape_;
    std::string problem_;
    // Where strings that came in pieces are put together: one for each view in use.
    std::string joined_name_;
    std::array<std::string, AnswerEntry::unknown> joined_;
};

}  // namespace

Expected<PutRecordsAnswer, std::string> decode_cbor_answer(std::string_view bytes,
                                                           std::size_t expected_records) {
    return CborAnswer(bytes, expected_records).read();
}

}  // namespace lk::wire
