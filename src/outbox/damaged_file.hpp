#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "outbox/file.hpp"
#include "outbox/page_body.hpp"
#include "sqlite/database.hpp"

namespace lk::outbox {

/// Reads what can be read of a file that is damaged, and changes nothing in it. Nothing here
/// throws: what cannot be read is not there.
class DamagedFile {
  public:
    explicit DamagedFile(const FileOptions& options);

    [[nodiscard]] std::vector<FileStream> streams();
    [[nodiscard]] std::optional<Tally> tally();
    /// What is known of each page.
    [[nodiscard]] std::map<PageId, PageState> states();
    /// The ids of the rows, bodies or not.
    [[nodiscard]] std::vector<PageId> page_ids();
    /// Empty when it cannot be read, or is not what was written.
    [[nodiscard]] std::string body(PageId id);

  private:
    void try_to(const std::function<void()>& read) noexcept;
    void rows(const char* sql, const std::function<bool(const sqlite::Statement&)>& row);

    std::optional<sqlite::Database> database_;
};

}  // namespace lk::outbox
