#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "outbox/file.hpp"

namespace lk::outbox {

struct Salvaged {
    std::size_t records = 0;
    std::size_t pages = 0;
    std::size_t lost_pages = 0;
    /// False when the list of the pages was damaged, too: more may be lost.
    bool list_was_whole = false;
    /// Where the damaged file is now.
    std::string folder;
};

/// Copies what can be read of a damaged file into a new one, which takes its place; the damaged one
/// goes into a folder beside it. Ids and order stay, and the numbers of the streams in `known`. A
/// page of which it is not known what is settled counts as not settled. Throws DatabaseError, and
/// then all is as it was.
[[nodiscard]] Salvaged salvage(const FileOptions& options, const std::vector<FileStream>& known);

/// When a salvage was interrupted between its last two steps, does the last one; what an earlier
/// interruption left is removed.
void finish_salvage(const std::string& path);
[[nodiscard]] bool is_salvage_to_finish(const std::string& path);

}  // namespace lk::outbox
