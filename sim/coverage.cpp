#include "sim/coverage.hpp"

#include <algorithm>
#include <cinttypes>
#include <cstdio>

namespace lk::sim {

std::string Coverage::table() const {
    std::string text =
        "                        empty    first   in fl.    retry   paused  limited     half\n";
    for (std::size_t fault = 0; fault < fault_count; ++fault) {
        char cell[40];
        std::snprintf(cell, sizeof cell, "%-20s", name_of(static_cast<Fault>(fault)).data());
        text += cell;
        for (const std::uint64_t count : counts_[fault]) {
            std::snprintf(cell, sizeof cell, " %8" PRIu64, count);
            text += cell;
        }
        text += '\n';
    }
    return text;
}

std::uint64_t Coverage::rarest() const noexcept {
    std::uint64_t least = counts_[0][0];
    for (const auto& row : counts_)
        least = std::min(least, *std::min_element(row.begin(), row.end()));
    return least;
}

}  // namespace lk::sim
