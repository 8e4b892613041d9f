#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

struct sqlite3_vfs;

namespace lk::outbox {

/// For tests: a disk in memory, as an SQLite VFS. What was written and not synchronised is lost
/// with the power, but for what of it chance has written before, torn where it was written last;
/// and its calls fail when they are told to.
///
/// A failed fsync is Linux's: what it did not write is never written by a later one, though it can
/// be read until the power goes (https://wiki.postgresql.org/wiki/Fsync_Errors).
class FaultyDisk {
  public:
    enum class Fault {
        none,
        full,         ///< ENOSPC: part of a write is there, and its call fails.
        broken,       ///< EIO: nothing is there.
        short_write,  ///< Half is there, and the call says that it failed.
    };

    FaultyDisk();
    ~FaultyDisk();
    FaultyDisk(const FaultyDisk&) = delete;
    FaultyDisk& operator=(const FaultyDisk&) = delete;

    /// For Options::vfs.
    [[nodiscard]] const std::string& name() const noexcept { return name_; }

    /// Lets the calls that write or synchronise fail from the `first`-th on from now, `count` of
    /// them.
    void fail(Fault fault, std::uint64_t first, std::uint64_t count);
    void work();
    /// Calls that write or synchronise, so far.
    [[nodiscard]] std::uint64_t calls() const;
    [[nodiscard]] std::uint64_t failed_calls() const;
    [[nodiscard]] std::uint64_t synchronizations() const;

    /// All that is stored now, as another disk. Without what a power loss takes away.
    void lose_power_into(FaultyDisk& after, std::uint64_t seed) const;
    [[nodiscard]] std::uint64_t bytes() const;

    // What follows is the VFS's.
    struct File;
    struct Opened;

    [[nodiscard]] std::shared_ptr<File> open(const std::string& path);
    [[nodiscard]] bool exists(const std::string& path) const;
    bool remove(const std::string& path);
    [[nodiscard]] std::string read(const File& file, std::uint64_t at, std::uint64_t count) const;
    /// What SQLite is to be told.
    int write(File& file, std::uint64_t at, std::string_view bytes);
    int truncate(File& file, std::uint64_t size);
    int synchronize(File& file);
    [[nodiscard]] std::uint64_t size(const File& file) const;

  private:
    Fault next_call();

    std::string name_;
    std::unique_ptr<sqlite3_vfs> vfs_;
    mutable std::mutex mutex_;
    std::map<std::string, std::shared_ptr<File>> files_;
    Fault fault_ = Fault::none;
    std::uint64_t calls_ = 0;
    std::uint64_t failed_calls_ = 0;
    std::uint64_t synchronizations_ = 0;
    std::uint64_t first_ = 0;
    std::uint64_t last_ = 0;
};

}  // namespace lk::outbox
