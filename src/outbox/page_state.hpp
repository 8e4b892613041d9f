#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "outbox/outbox.hpp"

namespace lk::outbox {

/// What is known of a page that is not wholly settled, in a small row of its own: to settle a
/// record of it rewrites this row and not the records.
class PageState {
  public:
    PageState() = default;
    /// Nothing of it is settled.
    PageState(std::span<const KeptRecord> records, std::int64_t kept_at_ms,
              std::uint64_t body_bytes);

    /// Nothing when the bytes are not what write() wrote for this very page.
    [[nodiscard]] static std::optional<PageState> read(std::string_view bytes, std::int64_t stream,
                                                       PageId page);
    /// Replaces what stands in `bytes`.
    void write(std::string& bytes, std::int64_t stream, PageId page) const;

    /// Indexes that the page does not have are ignored.
    void settle(std::span<const std::uint32_t> records);
    [[nodiscard]] bool all_settled() const noexcept { return unsettled_ == 0; }

    [[nodiscard]] std::size_t records() const noexcept { return settled_.size(); }
    [[nodiscard]] std::size_t unsettled() const noexcept { return unsettled_; }
    [[nodiscard]] const std::vector<bool>& settled() const noexcept { return settled_; }
    [[nodiscard]] std::int64_t kept_at_ms() const noexcept { return kept_at_ms_; }
    [[nodiscard]] std::uint64_t body_bytes() const noexcept { return body_bytes_; }
    /// Of the records that are not settled.
    [[nodiscard]] std::vector<std::uint64_t> fingerprints() const;

  private:
    std::int64_t kept_at_ms_ = 0;
    std::uint64_t body_bytes_ = 0;
    std::size_t unsettled_ = 0;
    std::vector<bool> settled_;
    // One for each record, or none where all keys are random.
    std::vector<std::uint64_t> fingerprints_;
};

}  // namespace lk::outbox
