#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "wire/key_table.hpp"

namespace lk::wire {

/// Writes aggregated records (see aggregate_format.hpp), one after another, in the order in which
/// the Kinesis Producer Library writes them: partition keys, explicit hash key, user records. Every
/// user record refers to the one explicit hash key, so that all of them have the hash of the record
/// that carries them: the Kinesis Client Library drops an aggregate of which one user record lies
/// outside the shard it came from, and these stand or fall together.
///
/// Keeps its memory from aggregate to aggregate, about twice the largest so far, so that in the
/// long run nothing is allocated. Used by one thread at a time. Throws std::bad_alloc; begin()
/// makes it usable again.
class AggregateWriter {
  public:
    /// What an aggregate grows by, at most, for one user record: for whoever counts without a
    /// writer at hand.
    [[nodiscard]] static std::size_t most_bytes_added(std::size_t partition_key_bytes,
                                                      std::size_t data_bytes) noexcept;

    /// An aggregate that is put with this ExplicitHashKey, which must not be empty.
    void begin(std::string_view explicit_hash_key);

    /// The bytes that finish() would return had this user record been added too.
    [[nodiscard]] std::size_t bytes_with(std::string_view partition_key,
                                         std::size_t data_bytes) const noexcept;

    /// A partition key of less than 4 GiB.
    void add(std::string_view partition_key, std::string_view data);

    /// The aggregate; it lives until the next begin(). Nothing may be added any more. Its last 16
    /// bytes are left for its digest: see AggregateSeals.
    [[nodiscard]] std::string_view finish();

  private:
    [[nodiscard]] std::size_t bytes_before_records() const noexcept;

    KeyTable keys_;
    std::string explicit_hash_key_;
    /// The records, behind a gap. What stands before them is only known at the end: it is then
    /// written into the gap's end, so that the records need not move.
    std::string buffer_;
    std::size_t gap_bytes_ = 0;
};

}  // namespace lk::wire
