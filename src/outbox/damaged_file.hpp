#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "outbox/file.hpp"
#include "outbox/salvage_source.hpp"
#include "sqlite/database.hpp"

namespace lk::outbox {

/// Reads what can be read of a file that is damaged, through SQLite, and changes nothing in it.
class DamagedFile final : public SalvageSource {
  public:
    explicit DamagedFile(const FileOptions& options);

    /// SQLite takes it for a file of its own, and finds what tables there are.
    [[nodiscard]] bool has_tables();

    [[nodiscard]] std::vector<FileStream> streams() override;
    [[nodiscard]] std::optional<Tally> tally() override;
    [[nodiscard]] std::map<PageId, PageState> states() override;
    [[nodiscard]] std::vector<PageId> page_ids() override;
    [[nodiscard]] std::vector<DiscardedKey> discarded() override;
    [[nodiscard]] std::string body(PageId id) override;

  private:
    void try_to(const std::function<void()>& read) noexcept;
    void rows(const char* sql, const std::function<bool(const sqlite::Statement&)>& row);

    std::optional<sqlite::Database> database_;
};

}  // namespace lk::outbox
