#include "wire/aggregate_seals.hpp"

#include <algorithm>
#include <string_view>

#include "wire/aggregate_format.hpp"

namespace lk::wire {

using namespace aggregate_format;

void AggregateSeals::add(std::span<char> aggregate) noexcept {
    unsealed_[count_++] = aggregate;
    if (count_ == unsealed_.size()) finish();
}

void AggregateSeals::finish() noexcept {
    std::array<std::string_view, md5_lanes> messages;
    std::array<Md5Digest, md5_lanes> digests;
    for (std::size_t at = 0; at < count_; ++at) {
        const std::span<char> message =
            unsealed_[at].subspan(magic.size(), unsealed_[at].size() - magic.size() - digest_bytes);
        messages[at] = {message.data(), message.size()};
    }
    md5(std::span(messages).first(count_), digests);
    for (std::size_t at = 0; at < count_; ++at) {
        std::copy(digests[at].begin(), digests[at].end(), unsealed_[at].last(digest_bytes).begin());
    }
    count_ = 0;
}

}  // namespace lk::wire
