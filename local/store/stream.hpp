#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "event/hash_key.hpp"
#include "local/store/write_allowance.hpp"

namespace lk::local {

inline constexpr std::size_t default_max_record_bytes = 1024 * 1024;

/// One shard: the hash keys it takes, and where its next record goes.
struct Shard {
    int number = 0;
    std::string id;  ///< Such as "shardId-000000000003".
    event::HashKey first_hash_key;
    event::HashKey last_hash_key;  ///< Inclusive.
    std::string sequence_prefix;   ///< See sequence_number.hpp.

    /// Where records are stored, only the store moves it, under its lock; where they are
    /// discarded, whoever acknowledges one does.
    std::atomic<std::int64_t> next_position = 1;
    /// The store's, under its lock: arrival times never fall within a shard.
    std::int64_t last_arrival_ms = 0;
    WriteAllowance allowance;

    [[nodiscard]] std::string sequence_number(std::int64_t position) const;
    /// Its digits, sequence_number_digits of them, into `out`.
    void write_sequence_number(char* out, std::int64_t position) const noexcept;
};

/// What a stream is made of; fixed when it is created.
struct StreamFacts {
    std::string name;
    int shards = 1;
    bool on_demand = false;
    std::size_t max_record_bytes = default_max_record_bytes;
    std::int64_t created_ms = 0;
    std::int64_t row = 0;  ///< Its key in the database.
};

/// A stream and its shards. Shards are never split or merged, so all of them are open and none of
/// this changes but each shard's position. Thread-safe.
class Stream {
  public:
    explicit Stream(StreamFacts facts);

    [[nodiscard]] const StreamFacts& facts() const noexcept { return facts_; }
    [[nodiscard]] const std::string& name() const noexcept { return facts_.name; }
    /// In the order of their hash keys and numbers.
    [[nodiscard]] const std::vector<std::unique_ptr<Shard>>& shards() const noexcept {
        return shards_;
    }
    [[nodiscard]] Shard& shard_of(event::HashKey key) const;
    /// Null when there is none of that number.
    [[nodiscard]] Shard* shard(std::int64_t number) const noexcept;

  private:
    StreamFacts facts_;
    std::vector<std::unique_ptr<Shard>> shards_;
    std::vector<event::HashKey> first_hash_keys_;
};

/// "shardId-" and twelve digits.
[[nodiscard]] std::string shard_id(int number);

}  // namespace lk::local
