#include "outbox/page_state.hpp"

#include <algorithm>

#include "outbox/checksum.hpp"
#include "outbox/little_endian.hpp"

namespace lk::outbox {

namespace {

// Of the key as well: a row that came under another's key is none.
std::uint64_t row_checksum(std::string_view bytes, std::int64_t stream, PageId page) {
    std::string key;
    append_number(key, checksum(bytes));
    append_number(key, stream);
    append_number(key, page);
    return checksum(key);
}

bool any_key(std::span<const KeptRecord> records) {
    return std::ranges::any_of(records, [](const KeptRecord& one) { return one.fingerprint != 0; });
}

}  // namespace

PageState::PageState(std::span<const KeptRecord> records, std::int64_t kept_at_ms,
                     std::uint64_t body_bytes)
    : kept_at_ms_(kept_at_ms),
      body_bytes_(body_bytes),
      unsettled_(records.size()),
      settled_(records.size(), false) {
    if (!any_key(records)) return;
    fingerprints_.reserve(records.size());
    for (const KeptRecord& record : records) fingerprints_.push_back(record.fingerprint);
}

void PageState::write(std::string& bytes, std::int64_t stream, PageId page) const {
    bytes.clear();
    append_number(bytes, std::uint64_t{0});
    append_number(bytes, kept_at_ms_);
    append_number(bytes, body_bytes_);
    append_number(bytes, static_cast<std::uint32_t>(settled_.size()));
    append_number(bytes, static_cast<std::uint32_t>(fingerprints_.size()));
    for (std::size_t first = 0; first < settled_.size(); first += 8) {
        std::uint8_t eight = 0;
        for (std::size_t i = first; i < std::min(first + 8, settled_.size()); ++i) {
            if (settled_[i]) eight = static_cast<std::uint8_t>(eight | 1U << (i - first));
        }
        append_number(bytes, eight);
    }
    for (const std::uint64_t fingerprint : fingerprints_) append_number(bytes, fingerprint);
    const std::string_view covered = std::string_view(bytes).substr(sizeof(std::uint64_t));
    set_number(bytes, 0, row_checksum(covered, stream, page));
}

std::optional<PageState> PageState::read(std::string_view row, std::int64_t stream, PageId page) {
    Bytes bytes(row);
    const auto sum = bytes.number<std::uint64_t>();
    if (bytes.failed() || sum != row_checksum(bytes.left(), stream, page)) return std::nullopt;
    PageState state;
    state.kept_at_ms_ = bytes.number<std::int64_t>();
    state.body_bytes_ = bytes.number<std::uint64_t>();
    const std::size_t records = bytes.number<std::uint32_t>();
    const std::size_t fingerprints = bytes.number<std::uint32_t>();
    const std::string_view bits = bytes.take((records + 7) / 8);
    if (bytes.failed() || (fingerprints != 0 && fingerprints != records)) return std::nullopt;
    if (bytes.left().size() != fingerprints * sizeof(std::uint64_t)) return std::nullopt;
    state.settled_.resize(records);
    for (std::size_t i = 0; i < records; ++i) {
        const auto byte = static_cast<std::uint32_t>(static_cast<std::uint8_t>(bits[i / 8]));
        state.settled_[i] = (byte >> (i % 8) & 1U) != 0;
    }
    state.unsettled_ = static_cast<std::size_t>(std::ranges::count(state.settled_, false));
    state.fingerprints_.resize(fingerprints);
    for (std::uint64_t& one : state.fingerprints_) one = bytes.number<std::uint64_t>();
    return state;
}

void PageState::settle(std::span<const std::uint32_t> records) {
    for (const std::uint32_t record : records) {
        if (record >= settled_.size() || settled_[record]) continue;
        settled_[record] = true;
        --unsettled_;
    }
}

std::vector<std::uint64_t> PageState::fingerprints() const {
    std::vector<std::uint64_t> unsettled;
    unsettled.reserve(unsettled_);
    for (std::size_t i = 0; i < settled_.size(); ++i) {
        if (!settled_[i]) unsettled.push_back(fingerprints_.empty() ? 0 : fingerprints_[i]);
    }
    return unsettled;
}

}  // namespace lk::outbox
