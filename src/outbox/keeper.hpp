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

namespace lk::outbox {

/// Does what the outbox is asked, and what the file needs by itself. The only one that touches the
/// file; on one thread. Where there is no memory what is written or read fails, as where the disk
/// fails, and all else waits until there is.
class Keeper {
  public:
    /// Claims the directory, and opens the file that is there, or a new one.
    [[nodiscard]] static Expected<std::unique_ptr<Keeper>, Error> open(const Options& options);

    /// Whether there is a file to open.
    [[nodiscard]] static bool is_there(const Options& options);

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
    [[nodiscard]] PageId next_id() const noexcept { return next_id_; }
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

    template <class Work>
    std::optional<Error> attempt(const Work& work);
    template <class Work>
    std::optional<Error> attempt_twice(const Work& work);
    template <class Work>
    bool chore(const Work& work, std::string_view if_it_fails = {});
    void save_what_can_be();
    void pass_by_inherited_locks();
    void open_file();
    void drop_file() noexcept;

    [[nodiscard]] std::vector<Draft> number(const std::vector<Asked::Keep>& keeps);
    void write(std::vector<Asked::Keep>& keeps);
    void write(File& file, const std::vector<Draft>& drafts, bool again);
    [[nodiscard]] Expected<KeptPage, Error> load(const Asked::Load& asked);
    void settle(const Asked::Settle& settle);
    void answer_flushes();
    void synchronize();
    void copy_log(bool truncate);
    bool give_back_a_step(TimePoint at);

    [[nodiscard]] Error failed(const std::string& what) const;
    [[nodiscard]] Error out_of_memory() const;
    void log(int level, std::string_view text, std::string_view more = {}) const;

    const Origin origin_;
    const Options options_;
    FileOptions file_options_;
    // Held longest: the directory is free only once the file is closed.
    const DirectoryLock directory_lock_;
    std::optional<File> file_;
    // Those that are in use.
    std::vector<FileStream> streams_;
    PageId next_id_ = 1;
    std::atomic<std::uint64_t> bytes_{0};

    // Not yet written.
    std::map<PageId, Due> due_;
    std::vector<std::function<void()>> flushes_;
    TimePoint retry_at_ = never;

    TimePoint sync_at_ = never;
    TimePoint tidy_at_ = never;
};

}  // namespace lk::outbox
