#include "cli/near_miss.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

namespace lk::cli {
namespace {

// How many letters must be added, dropped, changed, or swapped with their neighbour (optimal
// string alignment distance).
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before_last(b.size() + 1);
    std::vector<std::size_t> last(b.size() + 1);
    std::vector<std::size_t> current(b.size() + 1);
    std::iota(last.begin(), last.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        current[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t changed = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            current[j] = std::min({last[j] + 1, current[j - 1] + 1, changed});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                current[j] = std::min(current[j], before_last[j - 2] + 1);
            }
        }
        std::swap(before_last, last);
        std::swap(last, current);
    }
    return last[b.size()];
}

}  // namespace

std::string_view near_miss(std::string_view given, std::span<const std::string> candidates) {
    constexpr std::size_t longest_word = 64;
    if (given.empty() || given.size() > longest_word) return {};
    std::string_view nearest;
    std::size_t nearest_distance = std::max<std::size_t>(1, given.size() / 3) + 1;
    for (const std::string& candidate : candidates) {
        if (candidate == given) return {};
        const bool is_beginning = given.size() >= 3 && candidate.starts_with(given);
        const std::size_t away = is_beginning ? 1 : distance(given, candidate);
        if (away < nearest_distance) {
            nearest = candidate;
            nearest_distance = away;
        }
    }
    return nearest;
}

}  // namespace lk::cli
