#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "outbox/discarded_key.hpp"
#include "outbox/file_stream.hpp"
#include "outbox/outbox.hpp"
#include "outbox/page_body.hpp"
#include "outbox/page_state.hpp"
#include "outbox/tally.hpp"
#include "sqlite/database.hpp"
#include "sqlite/write_ahead_log.hpp"

namespace lk::outbox {

struct FileOptions {
    std::string path;
    std::string vfs;
    Sync sync = Sync::every_commit;
};

/// The outbox's file, on the only connection there is. Used by one thread at a time. Everything
/// throws DatabaseError; after one the file can only be closed.
class File {
  public:
    /// Opens or creates it. Where the disk has no room for what the log of an earlier run holds,
    /// that is read where it is, and nothing can be written.
    explicit File(const FileOptions& options);
    ~File();
    File(const File&) = delete;
    File& operator=(const File&) = delete;

    /// Looks through the lists of pages and streams, and throws unless they are whole.
    void check();

    [[nodiscard]] std::vector<FileStream> streams();
    /// Adds it where it is not there.
    FileStream stream(std::string_view name);
    void add_stream(const FileStream& stream);

    [[nodiscard]] const Tally& tally() const noexcept { return tally_; }
    /// What the pages take on the disk: what they have together, or, where gaps between them make
    /// the file much larger, nearly what that takes (7/8, and 1 MiB less).
    [[nodiscard]] std::uint64_t bytes() const noexcept;

    /// Calls `page` with each that is not wholly settled and comes after `after` and before
    /// `before`, up to `most`.
    void for_each_unsettled(const FileStream& stream, PageId after, PageId before, int most,
                            const std::function<void(PageId, const PageState&)>& page);
    [[nodiscard]] std::optional<PageState> state(const FileStream& stream, PageId id);
    /// Nothing when there is no such page.
    [[nodiscard]] std::optional<KeptPage> load(const FileStream& stream, PageId id);

    /// Of all streams.
    [[nodiscard]] std::vector<DiscardedKey> discarded();

    /// What changes together: everything until commit(), or nothing.
    class Change {
      public:
        explicit Change(File& file);

        void keep(const FileStream& stream, PageId id, std::int64_t kept_at_ms,
                  const PageDraft& draft);
        /// A page as it was read elsewhere.
        void copy(const FileStream& stream, PageId id, std::string_view body,
                  const PageState& state);
        /// A page that is not there is as good as settled.
        void settle(const FileStream& stream, PageId id, std::span<const std::uint32_t> records);
        void remove(const FileStream& stream, PageId id);
        /// Those of the stream of which nothing is left in the file are forgotten.
        void discard(const DiscardedKey& key);
        /// No id below it is given again.
        void use_ids_below(PageId id) noexcept;

        void commit();

      private:
        void put_state(const FileStream& stream, PageId id, const PageState& state);
        void remove(const FileStream& stream, PageId id, const PageState& state);

        File& file_;
        sqlite::Transaction transaction_;
        Tally tally_;
    };

    /// Before a commit that adds and removes so many pages: whether the disk has room for it, for
    /// copying the log then, and for removing a few more. Else a disk full of events would stay
    /// full though all of them were sent: to remove takes room, too. Gives free pages back where
    /// that helps.
    [[nodiscard]] bool make_room(std::int64_t added, std::int64_t removed);

    [[nodiscard]] sqlite::WriteAheadLog& log() noexcept { return log_; }
    /// Pages of the file that hold nothing.
    [[nodiscard]] std::int64_t free_pages();
    /// Gives up to so many of them back to the file system.
    void give_back(int pages);

  private:
    struct Statements;

    void copy_earlier_log();
    [[nodiscard]] sqlite::Database& writable();
    [[nodiscard]] bool has_room(std::int64_t pages) const;
    void read_tally();
    void count_pages();

    const std::string folder_;
    sqlite::Database database_;
    sqlite::WriteAheadLog log_;
    std::unique_ptr<Statements> statements_;
    Tally tally_;
    std::int64_t pages_in_use_ = 0;
    bool is_upgraded_ = false;
    // Used again and again.
    PageBodyWriter body_;
    std::string row_;
};

}  // namespace lk::outbox
