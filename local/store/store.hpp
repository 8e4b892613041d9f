#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <lk/error.hpp>
#include <lk/expected.hpp>

#include "base/directory_lock.hpp"
#include "local/store/stream.hpp"
#include "sqlite/database.hpp"

namespace lk::local {

struct StoreOptions {
    /// Empty: in memory.
    std::string directory = {};
    /// Records get their sequence numbers and are forgotten; streams are kept.
    bool discard = false;
};

enum class StoreProblem {
    stream_exists,
    too_many_shards,
    no_such_stream,
    shard_closed,  ///< It was split or merged; its children take its records.
    failed,        ///< SQLite's: a full disk, say. Nothing was stored.
};

struct StoreError {
    StoreProblem problem = StoreProblem::failed;
    /// Of `shard_closed`, the shard's identifier.
    std::string message;
};

/// A record to store, and then where it went. The views live until append() returns.
struct NewRecord {
    Shard* shard = nullptr;
    std::string_view partition_key;
    std::string_view data;
    std::int64_t position = 0;
};

struct KeptRecord {
    std::int64_t position = 0;
    std::int64_t arrival_ms = 0;
    std::string partition_key;
    std::string data;
};

/// Streams and their records, kept in SQLite. Records stay until their stream is removed. What a
/// call has answered survives the process. Thread-safe; calls that read or write records take
/// turns.
class Store {
  public:
    /// In all streams together.
    static constexpr int max_shards = 10'000;

    /// The error says who holds the directory, or what is wrong with it.
    [[nodiscard]] static Expected<std::unique_ptr<Store>, Error> open(const StoreOptions& options);

    ~Store();

    /// Gives the stream its row, and as its time of creation `now_ms`, or later if that is taken.
    [[nodiscard]] Expected<std::shared_ptr<Stream>, StoreError> create(StreamFacts facts,
                                                                       std::int64_t now_ms);
    /// The stream and all its records; what went wrong, if anything.
    [[nodiscard]] std::optional<StoreError> remove(std::string_view name);

    /// Null when there is none.
    [[nodiscard]] std::shared_ptr<Stream> find(std::string_view name) const;
    /// Ordered by name.
    [[nodiscard]] std::vector<std::shared_ptr<Stream>> streams() const;

    /// Closes the parents of `children` and opens these in their place; or, with an error, nothing
    /// changes: `shard_closed` when a parent is closed already. The children must share out their
    /// parents' keys.
    [[nodiscard]] std::optional<StoreError> reshard(Stream& stream,
                                                    const std::vector<ShardOrigin>& children,
                                                    std::int64_t now_ms);

    /// Stores all records or, with an error (`shard_closed` when one of their shards is), none;
    /// sets their positions, which rise within each shard in the records' order.
    [[nodiscard]] std::optional<StoreError> append(Stream& stream, std::span<NewRecord> records,
                                                   std::int64_t now_ms);

    /// Records of a shard from a position on: as many as both bounds allow (data and keys count),
    /// but one at least if there is any.
    [[nodiscard]] Expected<std::vector<KeptRecord>, StoreError> read(const Stream& stream,
                                                                     const Shard& shard,
                                                                     std::int64_t from,
                                                                     std::size_t max_records,
                                                                     std::size_t max_bytes);

    /// Where the first record stands that arrived at that time or later; the next free position
    /// if there is none.
    [[nodiscard]] Expected<std::int64_t, StoreError> position_at(const Stream& stream,
                                                                 const Shard& shard,
                                                                 std::int64_t arrival_ms);

  private:
    struct Run;
    struct Statements;

    Store(const StoreOptions& options, std::optional<DirectoryLock> lock);

    void load_streams();
    void load_children(Stream& stream);
    void load_positions(const Stream& stream);
    void write_runs(const Stream& stream, std::span<Run> runs, std::int64_t now_ms);
    [[nodiscard]] std::int64_t first_at(const Stream& stream, const Shard& shard,
                                        std::int64_t arrival_ms);

    const bool discard_;
    // Held longest: the directory is free only once the database is closed.
    std::optional<DirectoryLock> directory_lock_;

    mutable std::shared_mutex catalogue_mutex_;
    std::map<std::string, std::shared_ptr<Stream>, std::less<>> catalogue_;

    // Taken before catalogue_mutex_ where both are.
    std::mutex database_mutex_;
    sqlite::Database database_;
    std::unique_ptr<Statements> statements_;
    std::int64_t last_created_ms_ = 0;
};

}  // namespace lk::local
