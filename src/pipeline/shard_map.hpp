#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <lk/kinesis_client.hpp>

#include "event/hash_key.hpp"

namespace lk::pipeline {

/// A shard by its place in the map's list of names, which only grows: an index keeps its meaning
/// when the stream is resharded.
using ShardIndex = std::uint32_t;
inline constexpr ShardIndex no_shard = 0xFFFFFFFF;

/// Which open shard takes which hash keys. Told by ListShards; where that is not allowed, learned
/// from where records landed: of each shard the range between the lowest and the highest hash key
/// that was seen to land there.
class ShardMap {
  public:
    /// ListShards told the open shards: what was known is replaced. False, and nothing changes,
    /// when they do not cover the hash keys once each.
    bool told(std::span<const Shard> open_shards);
    /// A record landed there. Only looked at while nothing was told. True when something was
    /// learned.
    bool landed(event::HashKey hash_key, ShardIndex shard);
    /// What was told is not to be trusted any more, and nothing better is to be had.
    void forget();

    [[nodiscard]] ShardIndex shard_of(event::HashKey hash_key) const noexcept;
    /// The index of a shard's id, new where it was not seen before.
    [[nodiscard]] ShardIndex index_of(std::string_view shard_id);
    [[nodiscard]] std::string_view id_of(ShardIndex shard) const noexcept { return ids_[shard]; }

    struct Range {
        event::HashKey first;
        event::HashKey last;
    };
    /// Nothing where the shard is not known to be open.
    [[nodiscard]] const Range* range_of(ShardIndex shard) const noexcept;
    [[nodiscard]] bool is_open(ShardIndex shard) const noexcept { return open_[shard]; }
    [[nodiscard]] bool is_told() const noexcept { return told_; }
    [[nodiscard]] std::size_t size() const noexcept { return places_.size(); }

  private:
    struct Place {
        Range range;
        ShardIndex shard;
    };
    void insert(const Place& place);
    void note_open();

    bool told_ = false;
    std::vector<Place> places_;  // by their ranges, which do not overlap
    std::vector<std::string> ids_;
    std::vector<bool> open_;  // by index: has a place
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept {
            return std::hash<std::string_view>{}(text);
        }
    };
    std::unordered_map<std::string, ShardIndex, Hash, std::equal_to<>> indexes_;
};

}  // namespace lk::pipeline
