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
    struct Listed {
        Range range;
        std::string_view id;
    };
    if (open_shards.size() > most_listed) return false;
    std::vector<Listed> all;
    all.reserve(open_shards.size());
    for (const Shard& shard : open_shards) {
        if (!shard.open) continue;
        const auto first = event::parse_hash_key(shard.starting_hash_key);
        const auto last = event::parse_hash_key(shard.ending_hash_key);
        if (!first || !last || *last < *first || shard.shard_id.size() > longest_id) return false;
        all.push_back({{*first, *last}, shard.shard_id});
    }
    std::sort(all.begin(), all.end(),
              [](const Listed& a, const Listed& b) { return a.range.first < b.range.first; });
    event::HashKey expected{};
    for (const Listed& shard : all) {
        const bool begins_again = &shard != &all.front() && expected == event::HashKey{};
        if (shard.range.first != expected || begins_again) return false;
        expected = successor(shard.range.last);
    }
    if (all.empty() || all.back().range.last != highest) return false;
    forget();
    for (const Listed& shard : all) {
        places_.push_back({shard.range, index_of(shard.id)});
        note_open(places_.back());
    }
    told_ = true;
    if (has_learned_too_much()) forget_closed();
    return true;
}

bool ShardMap::landed(event::HashKey hash_key, ShardIndex shard) {
    if (told_) return false;
    Place place{{hash_key, hash_key}, shard};
    if (const Range* known = range_of(shard)) {
        if (known->first <= hash_key && hash_key <= known->last) return false;
        place.range = {std::min(known->first, hash_key), std::max(known->last, hash_key)};
    }
    // Who was thought to be in that range is no longer: the stream was resharded.
    const auto first = std::lower_bound(
        places_.begin(), places_.end(), place.range.first,
        [](const Place& other, event::HashKey key) { return other.range.last < key; });
    const auto behind = std::upper_bound(
        first, places_.end(), place.range.last,
        [](event::HashKey key, const Place& other) { return key < other.range.first; });
    for (auto gone = first; gone != behind; ++gone) names_.at(gone->shard).is_open = false;
    places_.insert(places_.erase(first, behind), place);
    note_open(place);
    return true;
}

void ShardMap::note_open(const Place& place) {
    Name& name = names_.at(place.shard);
    name.is_open = true;
    name.first = place.range.first;
}

void ShardMap::forget() {
    told_ = false;
    places_.clear();
    for (auto& [index, name] : names_) name.is_open = false;
}

void ShardMap::forget_closed() {
    std::erase_if(indexes_, [this](const auto& one) { return !is_open(one.second); });
    std::erase_if(names_, [](const auto& one) { return !one.second.is_open; });
}

void ShardMap::forget_learned() {
    if (!told_) forget();
    forget_closed();
}

const ShardMap::Place* ShardMap::place_of(event::HashKey hash_key) const noexcept {
    const auto behind = std::upper_bound(
        places_.begin(), places_.end(), hash_key,
        [](event::HashKey key, const Place& place) { return key < place.range.first; });
    if (behind == places_.begin()) return nullptr;
    const Place& place = *std::prev(behind);
    return hash_key <= place.range.last ? &place : nullptr;
}

ShardIndex ShardMap::shard_of(event::HashKey hash_key) const noexcept {
    const Place* const place = place_of(hash_key);
    return place == nullptr ? no_shard : place->shard;
}

ShardIndex ShardMap::index_of(std::string_view shard_id) {
    if (const auto found = indexes_.find(shard_id); found != indexes_.end()) return found->second;
    if (shard_id.size() > longest_id) return no_shard;
    // Billions later it begins anew.
    do ++last_index_;
    while (last_index_ == no_shard || knows(last_index_));
    const Name& name = names_.emplace(last_index_, Name{std::string(shard_id)}).first->second;
    indexes_.emplace(name.id, last_index_);
    return last_index_;
}

std::string_view ShardMap::id_of(ShardIndex shard) const noexcept {
    const auto found = names_.find(shard);
    return found == names_.end() ? std::string_view() : found->second.id;
}

bool ShardMap::is_open(ShardIndex shard) const noexcept {
    const auto found = names_.find(shard);
    return found != names_.end() && found->second.is_open;
}

bool ShardMap::is_open(std::string_view shard_id) const noexcept {
    const auto found = indexes_.find(shard_id);
    return found != indexes_.end() && is_open(found->second);
}

const ShardMap::Range* ShardMap::range_of(ShardIndex shard) const noexcept {
    const auto found = names_.find(shard);
    if (found == names_.end() || !found->second.is_open) return nullptr;
    return &place_of(found->second.first)->range;
}

}  // namespace lk::pipeline
