#include "sim/coverage.hpp"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <limits>

namespace lk::sim {

std::string Coverage::table() const {
    std::string text =
        "                        empty    first   in fl.    retry   in fl.     late   paused  "
        "limited     half\n";
    for (std::size_t fault = 0; fault < fault_count; ++fault) {
        char cell[40];
        std::snprintf(cell, sizeof cell, "%-20s", name_of(static_cast<Fault>(fault)).data());
        text += cell;
        for (std::size_t state = 0; state < lane_state_count; ++state) {
            if (can_meet(static_cast<Fault>(fault), static_cast<LaneState>(state))) {
                std::snprintf(cell, sizeof cell, " %8" PRIu64, counts_[fault][state]);
            } else {
                std::snprintf(cell, sizeof cell, " %8s", "-");
            }
            text += cell;
        }
        text += '\n';
    }
    return text;
}

std::uint64_t Coverage::rarest() const noexcept {
    std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
    for (std::size_t fault = 0; fault < fault_count; ++fault) {
        for (std::size_t state = 0; state < lane_state_count; ++state) {
            if (!can_meet(static_cast<Fault>(fault), static_cast<LaneState>(state))) continue;
            least = std::min(least, counts_[fault][state]);
        }
    }
    return least;
}

}  // namespace lk::sim
