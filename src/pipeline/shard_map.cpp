#include "pipeline/shard_map.hpp"

#include <algorithm>
#include <limits>

namespace lk::pipeline {
namespace {

constexpr event::HashKey highest{std::numeric_limits<std::uint64_t>::max(),
                                 std::numeric_limits<std::uint64_t>::max()};

event::HashKey successor(event::HashKey key) noexcept {
    ++key.low;
    if (key.low == 0) ++key.high;
    return key;
}

}  // namespace

bool ShardMap::told(std::span<const Shard> open_shards) {
    std::vector<Place> places;
    places.reserve(open_shards.size());
    for (const Shard& shard : open_shards) {
        if (!shard.open) continue;
        const auto first = event::parse_hash_key(shard.starting_hash_key);
        const auto last = event::parse_hash_key(shard.ending_hash_key);
        if (!first || !last || *last < *first) return false;
        places.push_back({{*first, *last}, index_of(shard.shard_id)});
    }
    std::sort(places.begin(), places.end(),
              [](const Place& a, const Place& b) { return a.range.first < b.range.first; });
    event::HashKey expected{};
    for (const Place& place : places) {
        const bool begins_again = &place != &places.front() && expected == event::HashKey{};
        if (place.range.first != expected || begins_again) return false;
        expected = successor(place.range.last);
    }
    if (places.empty() || places.back().range.last != highest) return false;
    places_ = std::move(places);
    told_ = true;
    note_open();
    return true;
}

bool ShardMap::landed(event::HashKey hash_key, ShardIndex shard) {
    if (told_) return false;
    Range range{hash_key, hash_key};
    if (const Range* known = range_of(shard)) {
        if (known->first <= hash_key && hash_key <= known->last) return false;
        range = {std::min(known->first, hash_key), std::max(known->last, hash_key)};
    }
    // Who was thought to be in that range is no longer: the stream was resharded.
    std::erase_if(places_, [&](const Place& place) {
        return place.shard == shard ||
               (place.range.first <= range.last && range.first <= place.range.last);
    });
    insert({range, shard});
    note_open();
    return true;
}

void ShardMap::note_open() {
    open_.assign(ids_.size(), false);
    for (const Place& place : places_) open_[place.shard] = true;
}

void ShardMap::insert(const Place& place) {
    const auto behind = std::upper_bound(
        places_.begin(), places_.end(), place,
        [](const Place& a, const Place& b) { return a.range.first < b.range.first; });
    places_.insert(behind, place);
}

void ShardMap::forget() {
    told_ = false;
    places_.clear();
    note_open();
}

ShardIndex ShardMap::shard_of(event::HashKey hash_key) const noexcept {
    const auto behind = std::upper_bound(
        places_.begin(), places_.end(), hash_key,
        [](event::HashKey key, const Place& place) { return key < place.range.first; });
    if (behind == places_.begin()) return no_shard;
    const Place& place = *std::prev(behind);
    return hash_key <= place.range.last ? place.shard : no_shard;
}

ShardIndex ShardMap::index_of(std::string_view shard_id) {
    if (const auto found = indexes_.find(shard_id); found != indexes_.end()) return found->second;
    const auto index = static_cast<ShardIndex>(ids_.size());
    ids_.emplace_back(shard_id);
    open_.push_back(false);
    indexes_.emplace(shard_id, index);
    return index;
}

const ShardMap::Range* ShardMap::range_of(ShardIndex shard) const noexcept {
    for (const Place& place : places_) {
        if (place.shard == shard) return &place.range;
    }
    return nullptr;
}

}  // namespace lk::pipeline
