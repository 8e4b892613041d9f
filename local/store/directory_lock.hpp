#pragma once

#include <string>

#include <lk/error.hpp>
#include <lk/expected.hpp>

namespace lk::local {

/// A data directory that this process alone may use, from claim() to destruction (or the process's
/// end, however it ends: the lock is the kernel's).
class DirectoryLock {
  public:
    /// Creates the directory if need be. When another process holds it, the error (`bad_option`)
    /// says which.
    [[nodiscard]] static Expected<DirectoryLock, Error> claim(const std::string& directory);

    ~DirectoryLock();
    DirectoryLock(DirectoryLock&& other) noexcept;
    DirectoryLock& operator=(DirectoryLock&&) = delete;

  private:
    explicit DirectoryLock(int file) noexcept : file_(file) {}

    int file_;
};

}  // namespace lk::local
