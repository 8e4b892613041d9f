#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_set>
#include <vector>

#include "pipeline/pending.hpp"

namespace lk::pipeline {

/// The order of each partition key. A lane is the queue of one key's unsettled records; only its
/// first may be sent, so that what Kinesis does inside and between requests cannot reorder them.
/// This is the one class that owns ordering.
///
/// A lane exists while it has records and lives in them: the first one knows the last one and
/// stands in the bucket of its hash. Nothing is allocated but the buckets. Two keys whose 64-bit
/// hashes are equal share a lane, which only makes them wait for each other.
class Lanes {
  public:
    Lanes() : buckets_(minimum_buckets) {}

    /// True when the record is its lane's first, and so may be sent.
    bool add(Pending* record);

    /// Takes the lane's first record out. Returns the next one, now the first, or null.
    Pending* remove_first(Pending* first);

    /// Takes any record out. Returns the one that became the lane's first, or null.
    Pending* remove(Pending* record);

    [[nodiscard]] bool is_first(const Pending* record) const;
    /// The lane's first record, or null.
    [[nodiscard]] Pending* first_of(std::uint64_t lane) const;
    [[nodiscard]] std::size_t size() const noexcept { return lanes_; }

    /// A paused lane may be empty. False when it was paused before.
    bool pause(std::uint64_t lane) { return paused_.insert(lane).second; }
    /// False when it was not paused.
    bool resume(std::uint64_t lane) { return paused_.erase(lane) != 0; }
    [[nodiscard]] bool is_paused(std::uint64_t lane) const {
        return !paused_.empty() && paused_.contains(lane);
    }

  private:
    static constexpr std::size_t minimum_buckets = 64;  // a power of two, as all sizes are
    [[nodiscard]] Pending** link_to(std::uint64_t lane) noexcept;
    [[nodiscard]] std::size_t bucket_of(std::uint64_t lane) const noexcept {
        return lane & (buckets_.size() - 1);
    }
    void resize(std::size_t buckets);

    std::vector<Pending*> buckets_;
    std::size_t lanes_ = 0;
    std::unordered_set<std::uint64_t> paused_;
};

}  // namespace lk::pipeline
