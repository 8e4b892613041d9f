#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "event/hash_key.hpp"
#include "local/store/read_allowance.hpp"
#include "local/store/write_allowance.hpp"

namespace lk::local {

inline constexpr std::size_t default_max_record_bytes = 1024 * 1024;

/// One shard: the hash keys it takes, and where its next record goes.
struct Shard {
    int number = 0;
    std::string id;  ///< Such as "shardId-000000000003".
    event::HashKey first_hash_key;
    event::HashKey last_hash_key;    ///< Inclusive.
    std::string sequence_prefix;     ///< See sequence_number.hpp.
    std::optional<int> parent = {};  ///< The shard it was split off, or the first of two merged.
    std::optional<int> adjacent_parent = {};  ///< The second of two merged.
    std::int64_t created_ms = 0;

    /// When its children took over, or `never`. The store's, under its lock; set once.
    static constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
    std::atomic<std::int64_t> closed_ms = never;
    /// Where records are stored, only the store moves it, under its lock; where they are
    /// discarded, whoever acknowledges one does.
    std::atomic<std::int64_t> next_position = 1;
    /// The store's, under its lock: arrival times never fall within a shard.
    std::int64_t last_arrival_ms = 0;
    WriteAllowance allowance;
    ReadAllowance read_allowance;

    [[nodiscard]] bool open() const noexcept { return closed_ms == never; }
    [[nodiscard]] std::string sequence_number(std::int64_t position) const;
    /// Its digits, sequence_number_digits of them, into `out`.
    void write_sequence_number(char* out, std::int64_t position) const noexcept;
};

/// What a stream was made as.
struct StreamFacts {
    std::string name;
    int shards = 1;  ///< At first, before any was split or merged.
    bool on_demand = false;
    std::size_t max_record_bytes = default_max_record_bytes;
    std::int64_t created_ms = 0;
    std::int64_t row = 0;  ///< Its key in the database.
};

/// A shard's place among the others, for one that comes from a split or a merge.
struct ShardOrigin {
    event::HashKey first_hash_key;
    event::HashKey last_hash_key;
    int parent = 0;
    std::optional<int> adjacent_parent = {};
};

/// The shards of a stream at one moment. Never changes; a split or merge makes a new one.
class ShardMap {
  public:
    explicit ShardMap(std::vector<std::shared_ptr<Shard>> shards);

    /// Open and closed ones, in the order of their numbers, which are their indices.
    [[nodiscard]] const std::vector<std::shared_ptr<Shard>>& shards() const noexcept {
        return shards_;
    }
    /// Those that take records, in the order of their hash keys.
    [[nodiscard]] const std::vector<Shard*>& open() const noexcept { return open_; }
    [[nodiscard]] Shard& shard_of(event::HashKey key) const;
    /// True when each hash key has one open shard, without which shard_of() must not be called.
    [[nodiscard]] bool is_whole() const;

  private:
    std::vector<std::shared_ptr<Shard>> shards_;
    std::vector<Shard*> open_;
    std::vector<event::HashKey> first_hash_keys_;
};

/// A stream and its shards, which live as long as it does. Thread-safe.
class Stream {
  public:
    explicit Stream(StreamFacts facts);

    [[nodiscard]] const StreamFacts& facts() const noexcept { return facts_; }
    [[nodiscard]] const std::string& name() const noexcept { return facts_.name; }
    /// The shards of this moment.
    [[nodiscard]] std::shared_ptr<const ShardMap> map() const;
    /// All of them, open and closed, in the order of their numbers.
    [[nodiscard]] std::vector<std::shared_ptr<Shard>> shards() const { return map()->shards(); }
    /// The open one that takes the key.
    [[nodiscard]] Shard& shard_of(event::HashKey key) const { return map()->shard_of(key); }
    /// Null when there is none of that number.
    [[nodiscard]] Shard* shard(std::int64_t number) const noexcept;

    /// Closes the parents of the new shards and opens these, with the next numbers. Only the store
    /// calls it, under its lock, and with parents that are open and whose keys they share out.
    void reshard(const std::vector<ShardOrigin>& children, std::int64_t now_ms);

  private:
    [[nodiscard]] std::shared_ptr<Shard> make_shard(int number, event::HashKey first_hash_key,
                                                    event::HashKey last_hash_key) const;

    StreamFacts facts_;
    mutable std::mutex mutex_;
    std::shared_ptr<const ShardMap> map_;
};

/// The number after, or before; of the last, the first, and the other way round.
[[nodiscard]] event::HashKey key_after(event::HashKey key) noexcept;
[[nodiscard]] event::HashKey key_before(event::HashKey key) noexcept;

/// "shardId-" and twelve digits.
[[nodiscard]] std::string shard_id(int number);

}  // namespace lk::local
