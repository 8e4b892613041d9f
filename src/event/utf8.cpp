#include "event/utf8.hpp"

#include "event/eight_bytes.hpp"
#include "event/json_text.hpp"
#include "event/plain_text.hpp"

namespace lk::event {

bool is_utf8(std::string_view text) noexcept {
    const char* const end = text.data() + text.size();
    const char* at = plain_text::end_of<plain_text::Passes::unescaped_ascii>(text.data(), end);
    while (at != end) {
        if (static_cast<unsigned char>(*at) >= 0x80) {
            at = utf8_sequence_end(at, end);
            if (at == nullptr) return false;
        } else if (end - at >= 8) {
            const std::uint64_t found = eight_bytes::not_ascii(eight_bytes::load(at));
            at += found == 0 ? 8 : eight_bytes::first(found);
        } else {
            ++at;
        }
    }
    return true;
}

std::size_t code_points(std::string_view utf8) noexcept {
    std::size_t count = 0;
    for (const char c : utf8) {
        count += (static_cast<unsigned char>(c) & 0xC0U) == 0x80U ? 0U : 1U;
    }
    return count;
}

}  // namespace lk::event
