#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace lk::pipeline {

/// Which partition keys have records on the shelf, by their fingerprints: each counts how often it
/// was added. Eight bytes an entry, in a table that is half to three quarters full, so 16 bytes a
/// key at most; past `most_bytes` it stops looking and holds every key until it is emptied.
class KeySet {
  public:
    explicit KeySet(std::size_t most_bytes) noexcept : most_bytes_(most_bytes) {}

    void add(std::uint64_t fingerprint);
    void remove(std::uint64_t fingerprint) noexcept;
    /// Removes all.
    void clear() noexcept;
    /// False: certainly not.
    [[nodiscard]] bool may_hold(std::uint64_t fingerprint) const noexcept;

    [[nodiscard]] bool empty() const noexcept { return added_ == 0; }
    [[nodiscard]] std::size_t memory_bytes() const noexcept {
        return table_.capacity() * sizeof(std::uint64_t);
    }

  private:
    // 48 bits of the fingerprint over 16 bits of the count. A count that is full stays so: its key
    // counts as held until all are gone. 0: free.
    static constexpr std::uint64_t count_mask = 0xFFFF;
    static constexpr std::uint64_t tag_of(std::uint64_t fingerprint) noexcept {
        return fingerprint & ~count_mask;
    }
    // The upper half of the fingerprint, scaled to the table's size, which is below 2^32.
    [[nodiscard]] std::size_t home_of(std::uint64_t entry) const noexcept {
        return ((entry >> 32) * table_.size()) >> 32;
    }
    [[nodiscard]] std::size_t next(std::size_t place) const noexcept {
        return place + 1 == table_.size() ? 0 : place + 1;
    }
    /// From one place on to another.
    [[nodiscard]] std::size_t distance(std::size_t from, std::size_t to) const noexcept {
        return to >= from ? to - from : to + table_.size() - from;
    }
    [[nodiscard]] std::size_t place_of(std::uint64_t tag) const noexcept;
    void grow();

    const std::size_t most_bytes_;
    std::vector<std::uint64_t> table_;  // open addressing, linear probing
    std::size_t used_ = 0;
    std::uint64_t added_ = 0;  // and not removed
    bool holds_all_ = false;
};

}  // namespace lk::pipeline
