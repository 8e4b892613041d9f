#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <lk/error.hpp>
#include <lk/expected.hpp>

#include "base/clock.hpp"
#include "base/directory_lock.hpp"
#include "base/fork.hpp"
#include "outbox/file.hpp"
#include "outbox/inbox.hpp"
#include "outbox/inspect.hpp"
#include "outbox/outbox.hpp"
#include "outbox/working_file.hpp"

namespace lk::outbox {

/// Does what the outbox is asked, and what the file needs by itself. The only one that touches the
/// file; on one thread. Where there is no memory what is written or read fails, as where the disk
/// fails, and all else waits until there is.
class Keeper {
  public:
    /// Claims the directory, and opens the file that is there, or a new one.
    [[nodiscard]] static Expected<std::unique_ptr<Keeper>, Error> open(const Options& options);

    ~Keeper();
    Keeper(const Keeper&) = delete;
    Keeper& operator=(const Keeper&) = delete;

    /// Calls every `done`. Returns early in a child that one of them forked.
    void carry_out(Asked asked);

    /// When the file needs something by itself.
    [[nodiscard]] TimePoint next_chore() const noexcept;
    void do_chores(TimePoint now);

    /// Writes what is left to write.
    void finish();

    [[nodiscard]] Expected<FileStream, Error> stream(std::string_view name);
    /// Up to `most` pages after `after` and before `before`.
    [[nodiscard]] Expected<std::vector<LeftPage>, Error> left(const FileStream& stream,
                                                              PageId after, PageId before,
                                                              int most);
    /// Of each stream.
    [[nodiscard]] Expected<std::vector<StreamContents>, Error> contents();
    [[nodiscard]] Expected<std::vector<DiscardedKey>, Error> discarded();
    /// From any thread.
    [[nodiscard]] PageId next_id() const noexcept { return next_id_.load(); }
    /// From any thread.
    [[nodiscard]] std::uint64_t bytes() const noexcept {
        return bytes_.load(std::memory_order_relaxed);
    }

  private:
    using Stream = Asked::Stream;
    struct Draft {
        Stream stream;
        PageId id = 0;
        const PageDraft* records = nullptr;
    };
    struct Due {
        Stream stream;
        std::vector<std::uint32_t> records;
        /// It was reported as not kept, and may stand in the file all the same.
        bool remove = false;
    };

    Keeper(const Options& options, DirectoryLock lock);

    [[nodiscard]] std::vector<Draft> number(const std::vector<Asked::Keep>& keeps);
    void write(std::vector<Asked::Keep>& keeps, const std::vector<Asked::Discard>& discards = {});
    void write(File& file, const std::vector<Draft>& drafts, bool again);
    void write_due(File::Change& change, PageId id, const Due& due);
    void write_due_by_steps(File& file);
    void make_room(File& file, const std::vector<Draft>& drafts);
    [[nodiscard]] Expected<ReadPage, Error> load(const Asked::Load& asked);
    void settle(const Asked::Settle& settle);
    [[nodiscard]] bool is_anything_due() const noexcept {
        return !due_.empty() || !discards_.empty();
    }
    [[nodiscard]] bool may_write() const noexcept;
    void answer_flushes();
    /// Whether what was committed is on the disk; where it is not that is tried again.
    bool synchronize();
    void copy_log(bool truncate);
    bool give_back_a_step(TimePoint at);

    const Origin origin_;
    const Options options_;
    // Held longest: the directory is free only once the file is closed.
    const DirectoryLock directory_lock_;
    std::atomic<PageId> next_id_{1};
    std::atomic<std::uint64_t> bytes_{0};
    WorkingFile file_;

    // Not yet written.
    std::map<PageId, Due> due_;
    std::vector<DiscardedKey> discards_;
    std::vector<std::function<void()>> flushes_;
    TimePoint retry_at_ = never;

    TimePoint sync_at_ = never;
    TimePoint tidy_at_ = never;
};

}  // namespace lk::outbox
