#pragma once

#include <cstdint>
#include <string>

#include <lk/error.hpp>
#include <lk/expected.hpp>

#include "base/fork.hpp"

namespace lk {

/// What a directory is for, in the words of its errors. Both texts live forever.
struct DirectoryUse {
    const char* name;  ///< "data directory"
    const char* mend;  ///< What to do when another process holds it: "use another directory".
};

/// A directory that this process alone may use, from claim() to destruction (or the process's end,
/// however it ends: the lock is the kernel's). A forked child does not hold it, and does not keep
/// it from being claimed when its parent has ended.
class DirectoryLock {
  public:
    /// Creates the directory if need be. When another process holds it, the error (`bad_option`)
    /// says which; or that it is this one.
    [[nodiscard]] static Expected<DirectoryLock, Error> claim(const std::string& directory,
                                                              const DirectoryUse& use);

    ~DirectoryLock();
    DirectoryLock(DirectoryLock&& other) noexcept;
    DirectoryLock& operator=(DirectoryLock&&) = delete;

  private:
    DirectoryLock(int file, std::uint64_t device, std::uint64_t inode) noexcept
        : file_(file), device_(device), inode_(inode) {}

    int file_;
    std::uint64_t device_;
    std::uint64_t inode_;
    Origin origin_;
};

}  // namespace lk
