#pragma once

#include <cstddef>
#include <cstring>
#include <functional>
#include <string_view>

#include "wire/answer_decoders.hpp"
#include "wire/cbor_reader.hpp"
#include "wire/utf8.hpp"

namespace lk::wire {

/// The bytes of an entry but for its texts. Nearly all entries of an answer have those of the one
/// before, as a sequence number has 56 digits and a shard's name 20 characters, and comparing them
/// takes far less than reading them anew.
class EntryShape {
  public:
    /// `bytes` are a whole entry, valid and read into `entry`.
    void learn(std::string_view bytes, const AnswerEntry& entry) noexcept {
        known_ = false;
        Text found[texts];
        std::size_t count = 0;
        for (std::size_t member = 0; member < AnswerEntry::unknown; ++member) {
            const std::string_view text = entry.texts[member];
            if (text.empty()) continue;
            // Not put together from pieces, which lie elsewhere.
            const bool lies_within =
                !std::less<>{}(text.data(), bytes.data()) &&
                !std::less<>{}(bytes.data() + bytes.size(), text.data() + text.size());
            if (count == texts || !lies_within) return;
            found[count++] = {member, static_cast<std::size_t>(text.data() - bytes.data()),
                              text.size()};
        }
        if (count != texts) return;
        first_ = found[0].start < found[1].start ? found[0] : found[1];
        second_ = found[0].start < found[1].start ? found[1] : found[0];
        bytes_ = bytes;
        known_ = true;
    }

    /// Reads the next entry when it has this shape; else false, and nothing was read.
    [[nodiscard]] bool read(CborReader& reader, AnswerEntry& entry) const {
        const std::string_view next = reader.rest();
        if (!known_ || next.size() < bytes_.size()) return false;
        const std::size_t first_end = first_.start + first_.bytes;
        const std::size_t second_end = second_.start + second_.bytes;
        if (!is_alike(next, 0, first_.start) || !is_alike(next, first_end, second_.start) ||
            !is_alike(next, second_end, bytes_.size())) {
            return false;
        }
        const std::string_view first = next.substr(first_.start, first_.bytes);
        const std::string_view second = next.substr(second_.start, second_.bytes);
        if (!is_utf8(first) || !is_utf8(second)) return false;
        entry.texts[first_.member] = first;
        entry.texts[second_.member] = second;
        reader.pass(bytes_.size());
        return true;
    }

  private:
    static constexpr std::size_t texts = 2;
    struct Text {
        std::size_t member = 0;
        std::size_t start = 0;
        std::size_t bytes = 0;
    };

    [[nodiscard]] bool is_alike(std::string_view next, std::size_t from,
                                std::size_t to) const noexcept {
        return std::memcmp(next.data() + from, bytes_.data() + from, to - from) == 0;
    }

    bool known_ = false;
    std::string_view bytes_;
    Text first_;
    Text second_;
};

}  // namespace lk::wire
