#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "outbox/raw_pages.hpp"
#include "outbox/salvage_source.hpp"

namespace lk::outbox {

/// A file whose beginning is destroyed, so that SQLite takes it for none: looks for rows in each of
/// its pages. All of them carry checksums, so what is found is what was written once. Pages that
/// were let go of may be among them: what is settled comes back where the list of the pages does
/// not tell.
class RawFile final : public SalvageSource {
  public:
    explicit RawFile(const std::string& path);

    [[nodiscard]] std::vector<FileStream> streams() override { return streams_; }
    [[nodiscard]] std::optional<Tally> tally() override;
    [[nodiscard]] std::map<PageId, PageState> states() override { return states_; }
    [[nodiscard]] std::vector<PageId> page_ids() override;
    [[nodiscard]] std::vector<DiscardedKey> discarded() override { return discarded_; }
    [[nodiscard]] std::string body(PageId id) override;

  private:
    struct Place {
        std::uint32_t page = 0;
        std::size_t row = 0;
    };

    void look_at(std::uint32_t page);
    void take(const RawRow& row);
    [[nodiscard]] std::string whole(const RawRow& row);

    RawPages pages_;
    std::vector<FileStream> streams_;
    std::vector<Tally> tallies_;
    std::map<PageId, PageState> states_;
    std::vector<DiscardedKey> discarded_;
    std::multimap<PageId, Place> bodies_;
};

}  // namespace lk::outbox
