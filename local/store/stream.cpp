#include "local/store/stream.hpp"

#include <algorithm>

#include "local/store/sequence_number.hpp"

namespace lk::local {

namespace {

__extension__ typedef unsigned __int128 Wide;

event::HashKey narrow(Wide number) {
    return {static_cast<std::uint64_t>(number >> 64), static_cast<std::uint64_t>(number)};
}

Wide wide(event::HashKey key) {
    return Wide{key.high} << 64 | key.low;
}

/// floor(2^128 / shards), of two shards or more.
Wide hash_keys_per_shard(int shards) {
    const Wide divisor = static_cast<unsigned>(shards);
    const Wide all_but_one = ~Wide{0};
    return all_but_one / divisor + (all_but_one % divisor + 1 == divisor ? 1 : 0);
}

}  // namespace

event::HashKey key_after(event::HashKey key) noexcept {
    return narrow(wide(key) + 1);
}

event::HashKey key_before(event::HashKey key) noexcept {
    return narrow(wide(key) - 1);
}

std::string shard_id(int number) {
    const std::string digits = std::to_string(number);
    return "shardId-" + std::string(12 - std::min<std::size_t>(12, digits.size()), '0') + digits;
}

std::string Shard::sequence_number(std::int64_t position) const {
    std::string text(sequence_number_digits, '0');
    write_sequence_number(text.data(), position);
    return text;
}

void Shard::write_sequence_number(char* out, std::int64_t position) const noexcept {
    sequence_prefix.copy(out, sequence_prefix.size());
    write_position(out + sequence_prefix.size(), position);
}

ShardMap::ShardMap(std::vector<std::shared_ptr<Shard>> shards) : shards_(std::move(shards)) {
    for (const auto& shard : shards_) {
        if (shard->open()) open_.push_back(shard.get());
    }
    std::ranges::sort(open_, {}, [](const Shard* shard) { return shard->first_hash_key; });
    for (const Shard* shard : open_) first_hash_keys_.push_back(shard->first_hash_key);
}

Shard& ShardMap::shard_of(event::HashKey key) const {
    const auto after = std::ranges::upper_bound(first_hash_keys_, key);
    return *open_[static_cast<std::size_t>(after - first_hash_keys_.begin()) - 1];
}

bool ShardMap::is_whole() const {
    event::HashKey next;
    for (const Shard* shard : open_) {
        if (shard->first_hash_key != next || shard->last_hash_key < next) return false;
        next = key_after(shard->last_hash_key);
    }
    return !open_.empty() && next == event::HashKey{};
}

Stream::Stream(StreamFacts facts) : facts_(std::move(facts)) {
    const Wide width = facts_.shards > 1 ? hash_keys_per_shard(facts_.shards) : 0;
    std::vector<std::shared_ptr<Shard>> shards;
    for (int number = 0; number < facts_.shards; ++number) {
        const auto index = static_cast<unsigned>(number);
        const bool last = number + 1 == facts_.shards;
        shards.push_back(make_shard(number, narrow(width * index),
                                    narrow(last ? ~Wide{0} : width * (index + 1) - 1)));
    }
    map_ = std::make_shared<ShardMap>(std::move(shards));
}

std::shared_ptr<Shard> Stream::make_shard(int number, event::HashKey first_hash_key,
                                          event::HashKey last_hash_key) const {
    auto shard = std::make_shared<Shard>();
    shard->number = number;
    shard->id = shard_id(number);
    shard->first_hash_key = first_hash_key;
    shard->last_hash_key = last_hash_key;
    shard->created_ms = facts_.created_ms;
    // A child's number is higher than its parents', and so are all of its sequence numbers.
    shard->sequence_prefix = sequence_number_prefix(facts_.created_ms, number);
    return shard;
}

std::shared_ptr<const ShardMap> Stream::map() const {
    const std::lock_guard lock(mutex_);
    return map_;
}

Shard* Stream::shard(std::int64_t number) const noexcept {
    const auto now = map();
    if (number < 0 || number >= static_cast<std::int64_t>(now->shards().size())) return nullptr;
    return now->shards()[static_cast<std::size_t>(number)].get();
}

void Stream::reshard(const std::vector<ShardOrigin>& children, std::int64_t now_ms) {
    auto all = shards();
    for (const ShardOrigin& child : children) {
        for (const auto parent : {std::optional(child.parent), child.adjacent_parent}) {
            if (!parent) continue;
            all[static_cast<std::size_t>(*parent)]->closed_ms = now_ms;
        }
        auto shard =
            make_shard(static_cast<int>(all.size()), child.first_hash_key, child.last_hash_key);
        shard->parent = child.parent;
        shard->adjacent_parent = child.adjacent_parent;
        shard->created_ms = now_ms;
        all.push_back(std::move(shard));
    }
    auto next = std::make_shared<ShardMap>(std::move(all));
    const std::lock_guard lock(mutex_);
    map_ = std::move(next);
}

}  // namespace lk::local
