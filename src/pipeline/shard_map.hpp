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

/// A shard by the number that its id was given. No other id is given it while somebody may hold it,
/// also when the map has forgotten the shard.
using ShardIndex = std::uint32_t;
inline constexpr ShardIndex no_shard = 0xFFFFFFFF;

/// Which open shard takes which hash keys. Told by ListShards; where that is not allowed, learned
/// from where records landed: of each shard the range between the lowest and the highest hash key
/// that was seen to land there.
///
/// Of each shard that is listed it holds, with the send queue, 640 bytes at most, and the same of
/// so many that are not (most_learned): those that have closed, to which requests may be under way,
/// and those that answers name, which may never have been.
class ShardMap {
  public:
    ShardMap() = default;
    // Its indexes are views of its names.
    ShardMap(const ShardMap&) = delete;
    ShardMap& operator=(const ShardMap&) = delete;

    /// ListShards told the open shards: what was known is replaced. False, and nothing changes,
    /// when they do not cover the hash keys once each, or are more than any stream has.
    bool told(std::span<const Shard> open_shards);
    /// A record landed there. Only looked at while nothing was told. True when something was
    /// learned.
    bool landed(event::HashKey hash_key, ShardIndex shard);
    /// What was told is not to be trusted any more, and nothing better is to be had.
    void forget();

    [[nodiscard]] ShardIndex shard_of(event::HashKey hash_key) const noexcept;
    /// The index of a shard's id, new where it is not known; no_shard of what is too long for one.
    [[nodiscard]] ShardIndex index_of(std::string_view shard_id);
    /// Empty where the shard was forgotten.
    [[nodiscard]] std::string_view id_of(ShardIndex shard) const noexcept;
    [[nodiscard]] bool knows(ShardIndex shard) const noexcept { return names_.contains(shard); }

    /// There are more of those that are not listed than can matter.
    [[nodiscard]] bool has_learned_too_much() const noexcept {
        return names_.size() >= most_learned + (told_ ? places_.size() : 0);
    }
    /// Forgets these.
    void forget_learned();

    static constexpr std::size_t most_listed = 100'000;
    static constexpr std::size_t most_learned = 16'384;
    /// https://docs.aws.amazon.com/kinesis/latest/APIReference/API_Shard.html
    static constexpr std::size_t longest_id = 128;

    struct Range {
        event::HashKey first;
        event::HashKey last;
    };
    /// Nothing where the shard is not known to be open.
    [[nodiscard]] const Range* range_of(ShardIndex shard) const noexcept;
    [[nodiscard]] bool is_open(ShardIndex shard) const noexcept;
    [[nodiscard]] bool is_open(std::string_view shard_id) const noexcept;
    [[nodiscard]] bool is_told() const noexcept { return told_; }
    [[nodiscard]] std::size_t size() const noexcept { return places_.size(); }
    /// Shards that it has an index of, open or not.
    [[nodiscard]] std::size_t known() const noexcept { return names_.size(); }

  private:
    struct Place {
        Range range;
        ShardIndex shard;
    };
    struct Name {
        std::string id;
        bool is_open = false;    // has a place
        event::HashKey first{};  // of that
    };
    [[nodiscard]] const Place* place_of(event::HashKey hash_key) const noexcept;
    void note_open(const Place& place);
    void forget_closed();

    bool told_ = false;
    std::vector<Place> places_;  // by their ranges, which do not overlap
    std::unordered_map<ShardIndex, Name> names_;
    std::unordered_map<std::string_view, ShardIndex> indexes_;  // views of the names
    ShardIndex last_index_ = no_shard;
};

}  // namespace lk::pipeline
