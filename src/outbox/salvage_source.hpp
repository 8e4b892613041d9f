#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "outbox/discarded_key.hpp"
#include "outbox/file_stream.hpp"
#include "outbox/page_state.hpp"
#include "outbox/tally.hpp"

namespace lk::outbox {

/// What can be read of a damaged file. Nothing here throws DatabaseError: what cannot be read is
/// not there.
class SalvageSource {
  public:
    virtual ~SalvageSource() = default;

    [[nodiscard]] virtual std::vector<FileStream> streams() = 0;
    [[nodiscard]] virtual std::optional<Tally> tally() = 0;
    /// What is known of each page.
    [[nodiscard]] virtual std::map<PageId, PageState> states() = 0;
    /// The ids of the rows, bodies or not.
    [[nodiscard]] virtual std::vector<PageId> page_ids() = 0;
    [[nodiscard]] virtual std::vector<DiscardedKey> discarded() = 0;
    /// Empty when it cannot be read, or is not what was written.
    [[nodiscard]] virtual std::string body(PageId id) = 0;
};

}  // namespace lk::outbox
