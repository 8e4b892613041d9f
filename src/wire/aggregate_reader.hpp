#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace lk::wire {

/// One of the records that an aggregated record holds.
struct UserRecord {
    std::string_view partition_key;
    /// In its place the partition key's hash counts where there is none.
    std::optional<std::string_view> explicit_hash_key;
    std::string_view data;
};

/// Takes aggregated records (see aggregate_format.hpp) apart as the Kinesis Client Library does
/// (awslabs/amazon-kinesis-client, AggregatorUtil.java), but for what it drops by hash key: that is
/// event/aggregate_rule.hpp. For input of any origin: the time is linear in the record's bytes, and
/// so is the memory (at most ten bytes a byte), which is kept for the next record. Used by one
/// thread at a time.
class AggregateReader {
  public:
    /// No record of Kinesis is larger.
    static constexpr std::size_t most_bytes = 10 * 1024 * 1024;

    /// False when `record` is no aggregate but a record of its own: another beginning, a digest
    /// that does not match, a message that is malformed or lacks a required field, no message at
    /// all. Else its user records are in records(), whose views point into `record`, until the
    /// next call. Throws std::bad_alloc.
    [[nodiscard]] bool read(std::string_view record);

    [[nodiscard]] std::span<const UserRecord> records() const noexcept { return records_; }

    /// The user records that can not be told: the first one that refers to a key which is not in
    /// the tables, and all behind it.
    [[nodiscard]] std::size_t lost() const noexcept { return lost_; }

  private:
    struct Counts {
        std::size_t partition_keys = 0;
        std::size_t explicit_hash_keys = 0;
        std::size_t records = 0;
    };
    [[nodiscard]] static std::optional<Counts> check(std::string_view message) noexcept;
    void read_tables(std::string_view message);
    void read_records(std::string_view message, std::size_t count);

    std::vector<std::string_view> partition_keys_;
    std::vector<std::string_view> explicit_hash_keys_;
    std::vector<UserRecord> records_;
    std::size_t lost_ = 0;
};

}  // namespace lk::wire
