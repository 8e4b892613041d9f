#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <lk/error.hpp>
#include <lk/expected.hpp>

namespace lk::outbox {

/// When a record counts as stored.
enum class Sync {
    every_commit,  ///< When the disk has said that it is written (fsync).
    interval,      ///< When it is written to the file, which is synchronised every `sync_interval`.
    os,            ///< When it is written to the file; the operating system synchronises it.
};

struct Options {
    /// Made where there is none. One process at a time uses it.
    std::string directory;
    /// What records that are not settled may take on the disk.
    std::uint64_t max_bytes = 0;
    Sync sync = Sync::every_commit;
    std::chrono::milliseconds sync_interval{1000};
    /// How serious (LogLevel's number), and what. From any thread.
    std::function<void(int, std::string_view)> log = {};
    /// The name of the SQLite VFS; empty: the default one.
    std::string vfs = {};
};

/// Rises with each page that is kept: the order of dispatch.
using PageId = std::int64_t;

/// One record, as it is kept. What is not its bytes is what the pipeline needs to find its way in
/// them.
struct KeptRecord {
    std::string_view cbor;  ///< A finished CBOR record of PutRecords.
    std::uint32_t data_bytes = 0;
    std::uint16_t key_bytes = 0;
    std::uint8_t hash_key_bytes = 0;
    bool is_envelope = true;
    /// Of its partition key (see StreamOutbox::fingerprint_seed()); 0: a random key.
    std::uint64_t fingerprint = 0;
};

/// What a record takes in its page beside its bytes.
inline constexpr std::size_t record_header_bytes = 20;
/// What the records of a page and their headers should take together, at most: then one that cannot
/// be packed fills one page of the file. A larger record is a page of its own.
inline constexpr std::size_t full_page_bytes = 65'000;
/// No page has more.
inline constexpr std::size_t most_page_records = full_page_bytes / record_header_bytes;

/// What an outbox holds in memory, at most, besides the records that it is given: SQLite's cache,
/// and pages on their way through it.
[[nodiscard]] std::size_t most_memory(std::size_t largest_record_bytes) noexcept;

/// A page as it is written: records in the order of their dispatch. The bytes must live until
/// `done` of keep() was called.
using PageDraft = std::vector<KeptRecord>;

/// A page as it is read.
struct KeptPage {
    PageId id = 0;
    /// When it was kept, in milliseconds of the system clock.
    std::int64_t kept_at_ms = 0;
    std::vector<char> bytes;
    /// All of them, the settled ones too; views into `bytes`, which may be moved.
    std::vector<KeptRecord> records;
    /// One for each record.
    std::vector<bool> settled;
};

/// Nothing when it is not there: all of it is settled, or it was lost with a damaged file.
using ReadPage = std::optional<KeptPage>;

/// What an earlier run left, without the records' bytes.
struct LeftPage {
    PageId id = 0;
    /// Of the records that are not settled, in their order.
    std::vector<std::uint64_t> fingerprints;
};

using DiscardedKeys = std::unordered_map<std::uint64_t, PageId>;

/// The part of an outbox that belongs to one stream. Thread-safe. Each `done` is called once, on
/// the outbox's thread, and must return soon; what it is given is its own.
class StreamOutbox {
  public:
    virtual ~StreamOutbox() = default;

    /// What fingerprints are seeded with, the same in each run.
    [[nodiscard]] virtual std::uint64_t fingerprint_seed() const noexcept = 0;

    /// Calls `page` with each page that an earlier run left, in the order of dispatch.
    virtual std::optional<Error> for_each_left(
        const std::function<void(const LeftPage&)>& page) = 0;

    /// Writes the pages; `done` gets their ids once they are stored (see Sync), or why they are
    /// not: then none of them is. What is handed in while the disk is busy is written together.
    virtual void keep(std::vector<PageDraft> pages,
                      std::function<void(Expected<std::vector<PageId>, Error>)> done) = 0;

    /// Reads a page back. An Error may pass: ask again.
    virtual void load(PageId id, std::function<void(Expected<ReadPage, Error>)> done) = 0;

    /// These records of the page (by their index) are settled. Persisted with the next commit, or
    /// within 100 ms; a page whose records are all settled is removed.
    virtual void settle(PageId id, std::vector<std::uint32_t> records) = 0;

    /// The last page that any stream was given so far; all that was reported as kept is in pages up
    /// to it.
    [[nodiscard]] virtual PageId last_page() const noexcept = 0;
    /// What of this key is in pages up to `last` is not to be sent by a later run, which finds it
    /// in discarded(). `done` is called once that stands in the file as pages do that are stored,
    /// or with an Error: where the disk fails it is tried again; where somebody else shares this
    /// stream, whose pages are not the asker's to discard, it is not done.
    virtual void discard(std::uint64_t fingerprint, PageId last,
                         std::function<void(std::optional<Error>)> done) = 0;
    /// The keys that earlier runs discarded, by their fingerprints, and up to which page.
    [[nodiscard]] virtual Expected<DiscardedKeys, Error> discarded() = 0;

    /// Calls `done` once everything asked for before is persisted, and synchronised unless
    /// Sync::os.
    virtual void flush(std::function<void()> done) = 0;

    /// What the whole outbox's unsettled pages take on the disk, packed, against
    /// Options::max_bytes.
    [[nodiscard]] virtual std::uint64_t bytes() const noexcept = 0;
    [[nodiscard]] virtual std::uint64_t max_bytes() const noexcept = 0;
};

/// Opens the directory's outbox for a stream. Within a process those who name the same directory
/// share one connection and one thread; they end with the last StreamOutbox, or stay for good in a
/// forked child. An Error tells which process holds the directory, what is wrong with it, or that
/// a newer version wrote it. A damaged file is set aside in the directory, and what could be saved
/// of it is kept (and logged).
[[nodiscard]] Expected<std::shared_ptr<StreamOutbox>, Error> open(const Options& options,
                                                                  std::string_view stream);

}  // namespace lk::outbox
