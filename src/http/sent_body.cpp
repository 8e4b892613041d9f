#include "http/sent_body.hpp"

#include <algorithm>
#include <cstring>

namespace lk::http {

bool SentBody::begin() noexcept {
    if (begun_ && (read_bytes_ > 0 || bytes_ == 0)) return false;
    begun_ = true;
    if (goes_with_head_) read_bytes_ = bytes_;
    return true;
}

std::size_t SentBody::read(char* out, std::size_t room) noexcept {
    std::size_t copied = 0;
    while (copied < room && piece_ < pieces_.size()) {
        const std::string_view rest = pieces_[piece_].substr(offset_);
        const std::size_t count = std::min(rest.size(), room - copied);
        if (count > 0) std::memcpy(out + copied, rest.data(), count);
        copied += count;
        offset_ += count;
        if (offset_ == pieces_[piece_].size()) {
            ++piece_;
            offset_ = 0;
        }
    }
    read_bytes_ += copied;
    return copied;
}

}  // namespace lk::http
