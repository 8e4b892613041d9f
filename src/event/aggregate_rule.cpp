#include "event/aggregate_rule.hpp"

#include <algorithm>

namespace lk::event {
namespace {

HashPlace place_of_number(std::string_view text, const HashKeyRange& shard) {
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) {
        return HashPlace::unreadable;
    }
    // One zero stays where there are only zeros.
    text.remove_prefix(std::min(text.find_first_not_of('0'), text.size() - 1));
    const auto key = parse_hash_key(text);
    if (!key || (negative && *key != HashKey{})) return HashPlace::outside;
    return shard.contains(*key) ? HashPlace::inside : HashPlace::outside;
}

}  // namespace

HashPlace hash_place(std::string_view partition_key,
                     const std::optional<std::string_view>& explicit_hash_key,
                     const HashKeyRange& shard) {
    if (explicit_hash_key) return place_of_number(*explicit_hash_key, shard);
    return shard.contains(hash_of_partition_key(partition_key)) ? HashPlace::inside
                                                                : HashPlace::outside;
}

}  // namespace lk::event
