#pragma once

#include <string>

namespace lk::local {

/// The file in a data directory that holds its streams and their records.
[[nodiscard]] inline std::string database_file(const std::string& directory) {
    return directory + "/streams.db";
}

}  // namespace lk::local
